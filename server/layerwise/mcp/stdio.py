"""Standard input and output: a line that is no JSON-RPC request is answered, where the SDK would stay silent."""

import json
import signal
import sys
from types import TracebackType
from typing import Any, Self

from anyio import BrokenResourceError, CancelScope, ClosedResourceError, create_task_group, open_signal_receiver
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

Incoming = SessionMessage | Exception


_ENDING = ("SIGINT", "SIGTERM", "SIGHUP") if sys.platform != "win32" else ()


async def serve(server: Server[Any]) -> None:
    """Serve over this process's standard input and output until the client closes them.

    A signal to end calls off what runs, waits for it, and then ends the process as that signal does by itself.
    """
    received: list[signal.Signals] = []
    async with stdio_server() as (requests, answers):
        async with create_task_group() as group:
            group.start_soon(_cancel_on_signal, group.cancel_scope, received)
            await server.run(AnsweringStream(requests, answers), answers, server.create_initialization_options())
            group.cancel_scope.cancel()
        if received:
            # Leaving the streams would wait for the client's next line.
            sys.stderr.flush()
            signal.signal(received[0], signal.SIG_DFL)
            signal.raise_signal(received[0])


async def _cancel_on_signal(scope: CancelScope, received: list[signal.Signals]) -> None:
    """Cancel `scope` at each signal to end, unless whoever started the process wants that signal ignored."""
    numbers = [signal.Signals[name] for name in _ENDING]
    with open_signal_receiver(*(number for number in numbers if signal.getsignal(number) != signal.SIG_IGN)) as signals:
        async for number in signals:
            received.append(number)
            scope.cancel()


class AnsweringStream:
    """A stream of messages that answers those that could not be read and passes on the others."""

    def __init__(self, requests: ReadStream[Incoming], answers: WriteStream[SessionMessage]) -> None:
        self._requests = requests
        self._answers = answers

    async def receive(self) -> Incoming:
        """The next message that could be read."""
        while isinstance(item := await self._requests.receive(), Exception):
            await self._answer(item)
        return item

    async def aclose(self) -> None:
        """Close the stream of requests."""
        await self._requests.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Incoming:
        while isinstance(item := await anext(self._requests), Exception):
            await self._answer(item)
        return item

    async def __aenter__(self) -> Self:
        await self._requests.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._requests.__aexit__(kind, error, trace)

    async def _answer(self, fault: Exception) -> None:
        if (answer := explain(fault)) is not None:
            try:
                await self._answers.send(SessionMessage(answer))
            except (BrokenResourceError, ClosedResourceError):
                return


def explain(fault: Exception) -> JSONRPCError | None:
    """The error that answers a line that could not be read; None when it was a notification or an answer."""
    message, reason = _find_message(fault)
    if message is None:
        return _build_error(None, PARSE_ERROR, f"Send one JSON-RPC message a line, in UTF-8. {reason}")
    if not isinstance(message, dict):
        return _build_error(None, INVALID_REQUEST, "A line holds one JSON-RPC message: an object, and no batch.")
    if ("method" in message and "id" not in message) or "result" in message or "error" in message:
        return None
    name = message.get("id")
    known = name if isinstance(name, str | int) and not isinstance(name, bool) and not _is_broken(name) else None
    return _build_error(known, INVALID_REQUEST, _say_fault(message, reason))


def _find_message(fault: Exception) -> tuple[Any, str]:
    """The JSON that the fault is about, None when there is none, and what the SDK says of it."""
    problems = fault.errors(include_url=False, include_context=False) if isinstance(fault, ValidationError) else []
    for problem in problems:
        match problem:
            case {"type": "json_invalid", "input": str() | bytes() as line, "msg": reason}:
                try:
                    return json.loads(line), reason
                except (ValueError, RecursionError):
                    return None, reason
            case {"loc": (_,), "input": value} | {"loc": (_, _), "type": "missing", "input": value}:
                return value, ""
    return None, ""


def _say_fault(message: dict[str, Any], reason: str) -> str:
    if message.get("jsonrpc") != "2.0":
        return 'A request has "jsonrpc": "2.0".'
    if not isinstance(message.get("method"), str):
        return "A request has a method, which is a string."
    if not isinstance(message.get("params", {}), dict):
        return "A request's params is an object, or left out."
    return f"The request cannot be read. {reason}"


def _is_broken(name: str | int) -> bool:
    return isinstance(name, str) and any("\ud800" <= character <= "\udfff" for character in name)


def _build_error(name: str | int | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=name, error=ErrorData(code=code, message=message))
