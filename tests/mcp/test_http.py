"""The server over Streamable HTTP: who may ask, what operators see, and what hostile requests get."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from starlette.testclient import TestClient

from layerwise import __version__
from layerwise.errors import InvalidInputError
from layerwise.mcp.http import build_app, listen, read_address, serve
from layerwise.mcp.server import build_server
from layerwise.skills import load_all

MODERN = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
HEADERS = {
    "modern": {"mcp-protocol-version": MODERN},
    "legacy": {"mcp-protocol-version": "2025-11-25"},
}
SKILL = b'---\nname: "kit"\ndescription: "A kit. Use when testing."\n---\n\n# Kit\n'


@contextmanager
def run_server(root: Path, *options: str, log: list[str] | None = None) -> Iterator[str]:
    """Runs `layerwise serve --http` on a free port; gives its address without a path. What it logs goes to `log`."""
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(root), "--http", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        started = next((line for line in process.stderr if " MCP at " in line), "")
        reader = Thread(target=([] if log is None else log).extend, args=[process.stderr])
        reader.start()
        try:
            assert started, "the server did not start"
            yield started.split()[-1].removesuffix("/mcp")
        finally:
            process.terminate()
            process.wait(timeout=20)
            reader.join()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_server(tmp_path_factory.mktemp("project"), "127.0.0.1:0") as address:
        yield address


def post(address: str, content: bytes | str, era: str = "modern", **headers: str) -> httpx2.Response:
    base = {"content-type": "application/json", "accept": "application/json, text/event-stream", **HEADERS[era]}
    return httpx2.post(f"{address}/mcp", content=content, headers=base | headers, timeout=30)


def ask(address: str, method: str, era: str = "modern", **params: Any) -> httpx2.Response:
    named = {"mcp-name": str(params["name"])} if isinstance(params.get("name"), str) else {}
    meta = {"_meta": META} if era == "modern" else {}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | meta}
    return post(address, json.dumps(body), era, **{"mcp-method": method}, **named)


def read(answer: httpx2.Response) -> Any:
    """The message of an answer, or the last one where it is a stream of events."""
    text = answer.text.rpartition("data: ")[2] if "event-stream" in answer.headers["content-type"] else answer.text
    return json.loads(text)


def assert_serving(address: str) -> None:
    for era in HEADERS:
        answer = ask(address, "tools/call", era, name="detect_triggers", arguments={"prompt": "add an endpoint"})
        assert read(answer)["result"]["structuredContent"]["triggers"]


@pytest.mark.asyncio
@pytest.mark.parametrize("mode", [MODERN, "auto", "legacy"])
async def test_a_client_of_either_era_lists_calls_and_reads_over_http(address: str, mode: str) -> None:
    async with Client(f"{address}/mcp", mode=mode) as client:
        assert len((await client.list_tools()).tools) == 6
        result = await client.call_tool("detect_triggers", {"prompt": "add an endpoint"})
        assert result.structured_content is not None
        assert result.structured_content["triggers"]
        [content] = (await client.read_resource("skill://async-python/SKILL.md")).contents
        assert content.text.startswith("---\n")


def test_operators_see_health_readiness_and_version(address: str) -> None:
    assert httpx2.get(f"{address}/healthz").json() == {"status": "ok"}
    assert httpx2.get(f"{address}/readyz").json() == {"status": "ready"}
    assert httpx2.get(f"{address}/version").json() == {"name": "layerwise", "version": __version__}


def test_nothing_else_is_served_beside_them(address: str) -> None:
    for path in ("/", "/docs", "/redoc", "/openapi.json", "/mcp/healthz"):
        assert httpx2.get(f"{address}{path}").status_code == 404


def test_a_server_whose_skills_are_gone_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "kit" / "SKILL.md"
    file.parent.mkdir()
    file.write_bytes(SKILL)
    app = build_app(build_server(load_all([tmp_path]), []), "127.0.0.1")
    with TestClient(app) as client:
        assert client.get("/readyz").status_code == 200
        file.unlink()
        answer = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert "skill://kit/SKILL.md" in answer.json()["reason"]


@pytest.mark.parametrize("era", HEADERS)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8000"}, 421),
        ({"host": "127.0.0.1.evil.example:80"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://localhost.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "localhost:1", "origin": "http://localhost:3000"}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "[::1]:80"}, 200),
    ],
)
def test_only_requests_by_the_servers_own_names_are_answered(
    address: str, era: str, headers: dict[str, str], status: int
) -> None:
    meta = {"_meta": META} if era == "modern" else {}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": meta})
    assert post(address, body, era, **{"mcp-method": "tools/list"}, **headers).status_code == status


@pytest.mark.parametrize(
    ("host", "name", "status"),
    [
        ("192.0.2.7", "192.0.2.7:8000", 200),
        ("192.0.2.7", "evil.example:8000", 421),
        ("0.0.0.0", f"{socket.gethostname()}:8000", 200),
        ("0.0.0.0", "evil.example:8000", 421),
        ("0.0.0.0", "localhost:8000", 200),
        ("2001:db8::7", "[2001:db8::7]:8000", 200),
    ],
)
def test_a_host_given_on_purpose_is_served_by_its_own_name_only(host: str, name: str, status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    headers = {
        "host": name,
        "accept": "application/json, text/event-stream",
        "mcp-method": "tools/list",
        **HEADERS["modern"],
    }
    with TestClient(build_app(build_server({}, []), host)) as client:
        assert client.post("/mcp", json=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "mcp.example.com"}, 200),
        ({"host": "mcp.example.com:443", "origin": "https://mcp.example.com"}, 200),
        ({"host": "127.0.0.1:80"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "mcp.example.com", "origin": "https://evil.example"}, 403),
    ],
)
def test_a_host_that_was_allowed_is_answered_and_no_other(headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-method": "tools/list",
        **HEADERS["modern"],
        **headers,
    }
    with TestClient(build_app(build_server({}, []), "127.0.0.1", ["mcp.example.com"])) as client:
        assert client.post("/mcp", json=body, headers=headers).status_code == status


@pytest.mark.parametrize("name", ["*", "https://x", "a b", "", "x:80", "x" * 300])
def test_what_is_no_host_name_cannot_be_allowed(name: str) -> None:
    with pytest.raises(InvalidInputError, match="--allow-host"):
        serve(build_server({}, []), "127.0.0.1:0", [name])


HOSTILE = {
    "nothing": "",
    "no JSON": "{",
    "no UTF-8": b"\xff\xfe{}",
    "a number": "5",
    "null": "null",
    "a batch": '[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]',
    "an empty batch": "[]",
    "no method": '{"jsonrpc":"2.0","id":1}',
    "method of a wrong type": '{"jsonrpc":"2.0","id":1,"method":["tools/list"]}',
    "params as a list": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}',
    "params as a number": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":7}',
    "wrong version": '{"jsonrpc":"1.0","id":1,"method":"tools/list","params":{}}',
    "half a surrogate pair": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"\\ud800"}}',
    "lists in lists": "[" * 100_000 + "]" * 100_000,
    "objects in objects": '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":'
    + '{"a":' * 50_000
    + "1"
    + "}" * 50_001,
    "a long method": json.dumps({"jsonrpc": "2.0", "id": 1, "method": "x" * 1_000_000, "params": {}}),
    "a long number": '{"jsonrpc":"2.0","id":' + "9" * 100_000 + ',"method":"tools/list"}',
}


@pytest.mark.parametrize("era", HEADERS)
@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_request_is_refused_and_the_next_request_is_answered(address: str, era: str, case: str) -> None:
    refusal = post(address, HOSTILE[case], era)
    assert 400 <= refusal.status_code < 500 or "error" in read(refusal)
    assert len(refusal.content) < len(HOSTILE[case]) + 5_000
    assert b"Traceback" not in refusal.content
    assert_serving(address)


@pytest.mark.parametrize("era", HEADERS)
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("no/such/method", {}),
        ("resources/read", {"uri": "x" * 100_000}),
        ("resources/read", {"uri": {"a": 1}}),
        ("prompts/get", {"name": "x" * 5_000}),
        ("prompts/get", {"name": 7}),
        ("tools/call", {"name": ["detect_triggers"]}),
        ("tools/call", {"name": "detect_triggers", "arguments": [1]}),
        ("completion/complete", {"ref": 1, "argument": 2}),
        ("skills/get", {"uri": 3}),
        ("skills/list", {"cursor": {"$gt": ""}}),
    ],
)
def test_a_wrong_request_is_answered_with_an_error_and_the_next_is_served(
    address: str, era: str, method: str, params: dict[str, Any]
) -> None:
    answer = ask(address, method, era, **params)
    assert answer.status_code < 500
    assert read(answer)["error"]["code"] < 0
    assert b"Traceback" not in answer.content
    assert_serving(address)


def test_a_body_above_the_limit_is_refused_unread(address: str) -> None:
    assert post(address, b" " * (4 * 1024 * 1024 + 1)).status_code == 413
    assert_serving(address)


def test_a_body_of_another_type_and_other_http_methods_are_refused(address: str) -> None:
    assert post(address, "{}", **{"content-type": "text/plain"}).status_code == 400
    assert httpx2.put(f"{address}/mcp", content="{}").status_code == 405
    assert httpx2.get(f"{address}/elsewhere").status_code == 404
    assert_serving(address)


def test_a_client_that_hangs_up_half_way_harms_nobody_and_does_not_fill_the_log(tmp_path: Path) -> None:
    log: list[str] = []
    with run_server(tmp_path, "127.0.0.1:0", log=log) as address:
        host, port = address.removeprefix("http://").split(":")
        head = f"POST /mcp HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n"
        head += "accept: application/json, text/event-stream\r\nmcp-protocol-version: "
        halves = [f"{head}{HEADERS[era]['mcp-protocol-version']}\r\n\r\n{{".encode() for era in HEADERS]
        for sent in (b"POST /mcp HT", b"\x16\x03\x01\0", *halves):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(sent)
        assert_serving(address)
    assert "Traceback" not in "".join(log)


def test_a_server_over_http_ends_in_good_order_when_its_terminal_goes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "layerwise", "serve", "--root", str(tmp_path), "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1].removesuffix("/mcp")
        assert_serving(address)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "layerwise", "serve", "--http", f"127.0.0.1:{port}", "--root", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in done.stderr
    assert "port 0 takes any that is free" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.7", "x" * 300, "a..b"])
def test_a_host_that_is_not_here_is_told(host: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot listen on"):
        listen(host, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        (":8000", ("127.0.0.1", 8000)),
        ("8000", ("127.0.0.1", 8000)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:8000", ("::1", 8000)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port_and_the_loopback_by_default(text: str, expected: tuple[str, int]) -> None:
    assert read_address(text) == expected


@pytest.mark.parametrize(
    "text", ["localhost", "localhost:", "localhost:http", "x:65536", "x:-1", "x:٣", "x:" + "9" * 99]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="HOST:PORT"):
        read_address(text)


def test_another_host_than_the_loopback_is_served_with_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "layerwise", "serve", "--http", "0.0.0.0:0", "--root", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline() + process.stderr.readline()
        process.terminate()
    assert "0.0.0.0 is not the loopback" in said
    assert "MCP at http://0.0.0.0:" in said
