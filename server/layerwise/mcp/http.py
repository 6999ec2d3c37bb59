"""Streamable HTTP: where to listen, who may ask, and the routes that operators watch."""

import logging
import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import uvicorn
from fastapi import FastAPI, Response
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from layerwise import __version__
from layerwise.errors import InvalidInputError, shorten

MAX_BODY_BYTES = 4 * 1024 * 1024

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_REQUEST_LOGGERS = ("uvicorn.error", "mcp.server.streamable_http")
_EVERYWHERE = ("0.0.0.0", "::")  # compared with, not bound to


def read_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; without a host it is the loopback, and port 0 is any that is free.

    Raises InvalidInputError when it is no address.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise InvalidInputError(f"--http takes HOST:PORT such as 127.0.0.1:8000, not {shorten(text)!r}.")
    return host.strip("[]") or _LOOPBACK[0], int(port)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InvalidInputError when the port is taken or the host is not here."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no host name"
        raise InvalidInputError(
            f"cannot listen on {shorten(host)}, port {port}: {reason}. Stop what uses it, or give another "
            "address with --http HOST:PORT; port 0 takes any that is free."
        ) from error


class Health(BaseModel):
    """That the process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether every skill can be served; if not, why."""

    status: Literal["ready", "not ready"] = "ready"
    reason: str | None = None


class Release(BaseModel):
    """Which server it is."""

    name: str
    version: str


def build_app(server: MCPServer[object], host: str, allowed: Sequence[str] = ()) -> FastAPI:
    """The app that serves MCP at /mcp, stateless, to requests that name `host`, the loopback or an `allowed` host.

    What takes long is answered as a stream of events, which tells how far it is and is called off with its connection.
    """
    protocol = server.streamable_http_app(
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=_limit_hosts(host, allowed),
    )
    # An app that is mounted is not asked to start what it needs.
    app = FastAPI(openapi_url=None, lifespan=lambda _: server.session_manager.run())

    @app.get("/healthz")
    async def tell_health() -> Health:
        return Health()

    @app.get("/readyz", response_model_exclude_none=True)
    async def tell_readiness(response: Response) -> Readiness:
        try:
            for resource in await server.list_resources():
                if resource.uri.endswith("/SKILL.md"):
                    await server.read_resource(resource.uri)
        except ResourceError as error:
            response.status_code = 503
            return Readiness(status="not ready", reason=str(error))
        return Readiness()

    @app.get("/version")
    async def tell_release() -> Release:
        return Release(name=server.name, version=__version__)

    app.mount("/", protocol)
    return app


def serve(server: MCPServer[object], address: str, allowed: Sequence[str] = ()) -> None:
    """Serve at `address` (HOST:PORT) until interrupted, to requests by its own names and those of `allowed`.

    Raises InvalidInputError when that cannot be.
    """
    host, port = read_address(address)
    for name in allowed:
        if not _HOST_NAME.fullmatch(name):
            raise InvalidInputError(f"--allow-host takes a host's name such as mcp.example.com, not {shorten(name)!r}.")
    if host not in _LOOPBACK:
        logging.getLogger(__name__).warning(
            "%s is not the loopback: whoever reaches it can read and change the project. Keep it in a private network.",
            host,
        )
    for name in _REQUEST_LOGGERS:
        logging.getLogger(name).addFilter(_is_fault)
    with listen(host, port) as listener:
        sys.stderr.write(f"layerwise: MCP at http://{_quote(host)}:{listener.getsockname()[1]}/mcp\n")
        sys.stderr.flush()
        config = uvicorn.Config(
            build_app(server, host, allowed),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=3,
        )
        # uvicorn stops on a signal and then sends it again: the process would end before the work that was called off.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if sys.platform != "win32":
            signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a record is worth telling: that a client went before its request was whole is no fault of the server."""
    return not (record.exc_info and isinstance(record.exc_info[1], ClientDisconnect))


def _limit_hosts(host: str, allowed: Sequence[str]) -> TransportSecuritySettings:
    """Names by which a request may call the server: a page of another site cannot reach it by a name of its own."""
    own = socket.gethostname() if host in _EVERYWHERE else host
    names = [_quote(name) for name in dict.fromkeys((*_LOOPBACK, own, *allowed))]
    hosts = [pattern for name in names for pattern in (name, f"{name}:*")]
    # Only a proxy in front of the server can speak HTTPS, under a name that was allowed on purpose.
    secure = [f"https://{pattern}" for name in allowed for pattern in (_quote(name), f"{_quote(name)}:*")]
    origins = [*(f"http://{pattern}" for pattern in hosts), *secure]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _quote(host: str) -> str:
    return f"[{host}]" if ":" in host else host
