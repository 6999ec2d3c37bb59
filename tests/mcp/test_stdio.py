"""The server over stdio, spoken to line by line: every line that asks for an answer gets one."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ERAS = ["modern", "legacy"]
MODERN = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


class Wire:
    """A server as a child process, and the lines to and from it."""

    def __init__(self, process: subprocess.Popen[bytes], era: str) -> None:
        self._process = process
        self._id = 1_000
        self.era = era

    def send(self, line: str | bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((line.encode() if isinstance(line, str) else line) + b"\n")
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._id += 1
        meta = {"_meta": META} if self.era == "modern" else {}
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params | meta}))
        answer = self.receive()
        assert answer["id"] == self._id
        return answer


@contextmanager
def run_server(root: Path, era: str) -> Iterator[Wire]:
    """A server that has not been asked anything yet; in the end it must go by itself, having logged nothing."""
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(root)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield Wire(process, era)
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert said == b""


@pytest.fixture(scope="module", params=ERAS)
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """A server in each era, which all tests share: nothing that one sends may harm the next."""
    with run_server(tmp_path_factory.mktemp("project"), str(request.param)) as wire:
        begin(wire)
        yield wire


def begin(wire: Wire) -> None:
    if wire.era == "legacy":
        assert wire.ask("initialize", **CLIENT)["result"]["serverInfo"]["name"] == "layerwise"
        wire.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')


def assert_serving(wire: Wire) -> None:
    assert len(wire.ask("tools/list")["result"]["tools"]) == 6


REFUSED = {
    "params as a list": ('{"jsonrpc":"2.0","id":7,"method":"tools/list","params":[1]}', 7, "params is an object"),
    "params as a number": ('{"jsonrpc":"2.0","id":"a","method":"tools/list","params":1}', "a", "params is an object"),
    "half a surrogate pair": (
        '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\\ud800"}}',
        7,
        "hex escape",
    ),
    "half a surrogate pair as id": ('{"jsonrpc":"2.0","id":"\\udc00","method":"tools/list"}', None, "surrogate"),
    "deep nesting": (
        '{"jsonrpc":"2.0","id":7,"method":"x","params":' + '{"a":' * 400 + "1" + "}" * 401,
        7,
        "recursion limit",
    ),
    "deeper nesting": ("[" * 100_000, None, "one JSON-RPC message a line"),
    "no JSON": ("nonsense", None, "one JSON-RPC message a line"),
    "nothing": ("", None, "one JSON-RPC message a line"),
    "no UTF-8": (b"\xff\xfe", None, "one JSON-RPC message a line"),
    "a batch": ('[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', None, "no batch"),
    "a number": ("5", None, "no batch"),
    "no version": ('{"id":7,"method":"tools/list"}', 7, '"jsonrpc": "2.0"'),
    "no method": ('{"jsonrpc":"2.0","id":7}', 7, "has a method"),
    "method of a wrong type": ('{"jsonrpc":"2.0","id":7,"method":[1]}', 7, "has a method"),
    "an endless id": ('{"jsonrpc":"2.0","id":' + "9" * 100_000 + ',"method":"x"}', None, "one JSON-RPC message a line"),
}


def assert_refused(wire: Wire, case: str) -> None:
    line, name, said = REFUSED[case]
    wire.send(line)
    answer = wire.receive()
    message = answer["error"]["message"]
    assert answer["id"] == name
    assert answer["error"]["code"] == (-32700 if "a line, in UTF-8" in message else -32600)
    assert said in message
    assert len(message) < 300


@pytest.mark.parametrize("case", REFUSED)
def test_a_line_that_is_no_request_is_answered_and_the_next_request_served(wire: Wire, case: str) -> None:
    assert_refused(wire, case)
    assert_serving(wire)


@pytest.mark.parametrize("era", ERAS)
def test_lines_that_are_no_requests_are_answered_before_the_first_request_and_decide_nothing(
    era: str, tmp_path: Path
) -> None:
    with run_server(tmp_path, era) as wire:
        for case in REFUSED:
            assert_refused(wire, case)
        begin(wire)
        assert_serving(wire)


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}',
        '{"jsonrpc":"2.0","method":"no/such/notification","params":3}',
        '{"jsonrpc":"2.0","id":3,"result":4}',
        '{"jsonrpc":"2.0","id":3,"error":"x"}',
        '{"jsonrpc":"2.0","id":3,"result":{}}',
    ],
)
def test_a_notification_or_an_answer_is_never_answered(wire: Wire, line: str) -> None:
    wire.send(line)
    assert_serving(wire)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("no/such/method", {}),
        ("x" * 50_000, {}),
        ("prompts/get", {"name": "x" * 50_000}),
        ("prompts/get", {"name": "create_service", "arguments": {"name": 7}}),
        ("resources/read", {"uri": "x" * 50_000}),
        ("resources/read", {"uri": None}),
        ("tools/call", {"name": 7}),
        ("tools/call", {"name": "detect_triggers", "arguments": "x"}),
        ("completion/complete", {"ref": {}, "argument": {}}),
        ("skills/list", {"cursor": ["x"]}),
    ],
)
def test_a_wrong_request_gets_an_error_and_fills_no_log(wire: Wire, method: str, params: dict[str, Any]) -> None:
    error = wire.ask(method, **params)["error"]
    assert error["code"] < 0
    assert "Traceback" not in json.dumps(error)
    assert_serving(wire)


def test_a_huge_argument_is_answered_like_any_other(wire: Wire) -> None:
    answer = wire.ask("tools/call", name="detect_triggers", arguments={"prompt": "endpoint " * 200_000})
    assert answer["result"]["structuredContent"]["notices"]
    assert len(json.dumps(answer)) < 20_000
    assert_serving(wire)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_server_ends_by_a_signal_though_its_client_stays(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert_serving(Wire(process, "modern"))
        process.send_signal(number)
        assert process.wait(timeout=20) == -number
        assert process.stderr is not None
        assert process.stderr.read() == b""
