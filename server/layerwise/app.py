"""The composition root of the MCP server: skills, roots and tools put together, and served."""

import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

from layerwise.errors import InvalidInputError

if TYPE_CHECKING:
    from layerwise.mcp.server import Server
    from layerwise.roots import Roots


def build(roots: "Roots") -> "Server":
    """The MCP server over `roots`, ready to run on any transport."""
    from layerwise.jobs import Jobs
    from layerwise.mcp import (
        apply_changes,
        detect_triggers,
        generate_code,
        get_guidance,
        inspect_project,
        review_code,
    )
    from layerwise.mcp.server import build_server

    jobs = Jobs(roots)
    modules = (detect_triggers, get_guidance, inspect_project, generate_code, review_code, apply_changes)
    return build_server(jobs.skills, [module.build_tool(jobs) for module in modules])


def serve(roots: "Roots", http: str = "") -> None:
    """Serve over stdio until the client closes it, or over Streamable HTTP at `http` (HOST:PORT) until interrupted.

    Raises InvalidInputError when `http` is no address.
    """
    # Collecting garbage while hundreds of modules load costs a fifth of the start; what is loaded stays.
    gc.disable()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    server = build(roots)
    gc.freeze()
    gc.enable()
    if http:
        host, port = _read_address(http)
        server.run("streamable-http", host=host, port=port, json_response=True, stateless_http=True)
        return
    server.run("stdio")
    sys.stderr.flush()
    # Nothing is left to save, and tearing down the interpreter takes longer than the last answer did.
    os._exit(0)


def _read_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidInputError(f"--http takes HOST:PORT such as 127.0.0.1:8000, not {text[:80]!r}.")
    return host or "127.0.0.1", int(port)
