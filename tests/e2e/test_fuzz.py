"""Two thousand malformed or hostile requests to each transport: none harms the server, and the next good one is served."""

import json
import queue
import random
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

pytestmark = pytest.mark.slow

COUNT, BATCH = 2_000, 50
MODERN = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
TOOLS = {
    "detect_triggers": ("prompt", "code", "diff", "path", "project", "output"),
    "get_guidance": ("topics", "triggers", "question", "max_tokens", "project"),
    "inspect_project": ("section", "max_tokens", "project"),
    "generate_code": ("request", "name", "fields", "spec", "verify", "show", "max_tokens", "cursor", "project"),
    "review_code": ("code", "path", "paths", "diff", "fix", "select", "cursor", "project"),
    "apply_changes": ("id", "undo", "project"),
}
METHODS = {
    "tools/list": ("cursor",),
    "prompts/get": ("name", "arguments"),
    "resources/read": ("uri",),
    "resources/list": ("cursor",),
    "completion/complete": ("ref", "argument", "context"),
    "skills/list": ("cursor",),
    "skills/get": ("uri",),
    "resources/directory/read": ("uri", "cursor"),
    "server/discover": ("x",),
    "subscriptions/listen": ("x",),
    "logging/setLevel": ("level",),
    "no/such/method": ("x",),
}
LEAVES: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 2**70, "", "x", "\0", "é漢字\u202e", "../../etc/passwd", "/", "~", "skill://", "skill://%2e%2e",
    "a" * 3_000, "def f(:\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "number:str(20)!, x:ref(", "{{7*7}}", "%s%n", [], {},
)  # fmt: skip


class Attacker:
    """Makes hostile messages, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._id = 0

    def attack(self) -> bytes:
        """A message of some kind, as bytes without a line end."""
        return self._chance.choice(
            (self._tool_call, self._tool_call, self._request, self._envelope, self._broken, self._nested, self._huge)
        )()

    def _value(self, depth: int = 0) -> Any:
        kind = self._chance.random()
        if depth < 4 and kind < 0.15:
            return [self._value(depth + 1) for _ in range(self._chance.randrange(4))]
        if depth < 4 and kind < 0.3:
            return {str(self._value(4))[:20]: self._value(depth + 1) for _ in range(self._chance.randrange(4))}
        return self._chance.choice(LEAVES)

    def _build(self, method: Any, params: Any) -> bytes:
        self._id += 1
        if isinstance(params, dict) and self._chance.random() < 0.9:
            params = params | {"_meta": META}
        return json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}).encode()

    def _tool_call(self) -> bytes:
        name = self._chance.choice(list(TOOLS))
        known = self._chance.sample(TOOLS[name], self._chance.randrange(len(TOOLS[name])))
        arguments: Any = {key: self._value() for key in known}
        if self._chance.random() < 0.1:
            arguments = self._value()
        return self._build("tools/call", {"name": name, "arguments": arguments})

    def _request(self) -> bytes:
        method = self._chance.choice(list(METHODS))
        return self._build(method, {key: self._value() for key in METHODS[method]})

    def _envelope(self) -> bytes:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
        for key in self._chance.sample(list(message), self._chance.randrange(1, 4)):
            if self._chance.random() < 0.3:
                del message[key]
            else:
                message[key] = self._value()
        return json.dumps(message if self._chance.random() < 0.8 else [message, self._value()]).encode()

    def _broken(self) -> bytes:
        message = bytearray(self._tool_call())
        for _ in range(self._chance.randrange(1, 6)):
            message[self._chance.randrange(len(message))] = self._chance.randrange(256)
        return bytes(message[: self._chance.randrange(len(message) + 1)]).replace(b"\n", b" ").replace(b"\r", b" ")

    def _nested(self) -> bytes:
        depth = self._chance.choice((50, 500, 5_000, 50_000))
        opened, closed = self._chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
        core = opened * depth + b"1" + closed * self._chance.choice((depth, depth - 1))
        if self._chance.random() < 0.5:
            return core
        return self._build("tools/call", {"name": "generate_code", "arguments": {"spec": 0}}).replace(
            b": 0}", b": " + core + b"}"
        )

    def _huge(self) -> bytes:
        text = self._chance.choice(("x", "def f():\n", "endpoint ", "é", "(", "\\", '"')) * 30_000
        name = self._chance.choice(("detect_triggers", "get_guidance", "inspect_project", "apply_changes"))
        return self._build("tools/call", {"name": name, "arguments": {self._chance.choice(TOOLS[name]): text}})


def good(name: str) -> bytes:
    params = {"name": "detect_triggers", "arguments": {"prompt": "add an endpoint"}, "_meta": META}
    return json.dumps({"jsonrpc": "2.0", "id": name, "method": "tools/call", "params": params}).encode()


def assert_served(answer: Any) -> None:
    assert [found["name"] for found in answer["result"]["structuredContent"]["triggers"]] == ["route"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def lines(root: Path, server_command: Callable[[Path], list[str]], environment: dict[str, str]) -> Iterator[Any]:
    """A server over stdio; gives a function that sends bytes, and the queue of the lines that it answers."""
    answers: queue.Queue[bytes] = queue.Queue()
    with (
        (root.parent / "log").open("wb") as log,
        subprocess.Popen(
            server_command(root), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment
        ) as process,
    ):
        reader = threading.Thread(target=lambda: [answers.put(line) for line in process.stdout or ()])
        reader.start()

        def send(message: bytes) -> None:
            assert process.stdin is not None
            process.stdin.write(message + b"\n")
            process.stdin.flush()

        yield send, answers
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0
        reader.join()


def test_no_line_on_standard_input_harms_the_server(lines: Any, root: Path) -> None:
    send, answers = lines
    attacker = Attacker(20_260_728)
    send(good("first"))
    for batch in range(COUNT // BATCH):
        for number in range(BATCH):
            message = attacker.attack()
            send(message)
            if number % 5 == 0:
                send(json.dumps(cancel(message)).encode())
        name = f"good-{batch}"
        send(good(name))
        answer: Any = {}
        while answer.get("id") != name:
            line = answers.get(timeout=120)
            assert b"Traceback" not in line
            answer = json.loads(line)
        assert_served(answer)
    assert not list(root.iterdir())
    assert "Traceback" not in (root.parent / "log").read_text(encoding="utf-8")


def cancel(message: bytes) -> dict[str, Any]:
    """The notification that cancels what was just asked, as far as it had an id."""
    try:
        parsed = json.loads(message)
    except (ValueError, RecursionError):
        parsed = None
    name = parsed.get("id", 0) if isinstance(parsed, dict) else 0
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": name, "_meta": META}}


def test_no_http_request_harms_the_server(serve: Any, root: Path) -> None:
    attacker = Attacker(20_251_125)
    log: list[str] = []
    with serve(root, log) as address, httpx2.Client(timeout=120) as client, ThreadPoolExecutor(4) as pool:
        for _ in range(COUNT // BATCH):
            for answer in pool.map(
                lambda message: post(client, address, message), [attacker.attack() for _ in range(BATCH - 5)]
            ):
                assert answer.status_code < 500, answer.text[:500]
                assert b"Traceback" not in answer.content
            for _ in range(5):
                hang_up(address, attacker.attack())
            assert_served(post(client, address, good("good")).json())
    assert not list(root.iterdir())
    assert "Traceback" not in "".join(log)


def post(client: httpx2.Client, address: str, message: bytes) -> httpx2.Response:
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        **name_request(message),
    }
    return client.post(address, content=message, headers=headers)


def name_request(message: bytes) -> dict[str, str]:
    """The headers that repeat a request's method and name, so that it is not refused before it is read."""
    try:
        parsed = json.loads(message)
        headers = {"mcp-method": parsed["method"]}
        named = parsed["params"].get("name", parsed["params"].get("uri"))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return {"mcp-method": "tools/list"}
    headers |= {"mcp-name": named} if isinstance(named, str) else {}
    return {
        key: value
        for key, value in headers.items()
        if isinstance(value, str) and value.isascii() and value.isprintable()
    }


def hang_up(address: str, message: bytes) -> None:
    """Send a request, or half of it, and go before it is answered."""
    target = urlsplit(address)
    assert target.hostname is not None
    head = f"POST {target.path} HTTP/1.1\r\nhost: {target.netloc}\r\ncontent-type: application/json\r\n"
    head += (
        f"accept: application/json, text/event-stream\r\nmcp-protocol-version: {MODERN}\r\nmcp-method: tools/call\r\n"
    )
    head += f"content-length: {len(message)}\r\n\r\n"
    with socket.create_connection((target.hostname, target.port or 80), timeout=30) as connection:
        connection.sendall(head.encode() + message[: len(message) // 2 if len(message) % 2 else len(message)])
