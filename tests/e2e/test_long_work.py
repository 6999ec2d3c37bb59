"""Long work tells how far it is, and once it is called off nothing of it is left: no process, no file."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.slow

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


Command = Callable[[Path], list[str]]


@contextmanager
def run_server(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def send(process: subprocess.Popen[bytes], **message: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    process.stdin.flush()


def receive(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def find_processes(process: int, folder: Path) -> dict[int, str]:
    """The commands of all processes that a process has started, and theirs, and of those that work in a folder."""
    rows = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    commands = {}
    for row in rows.splitlines():
        own, parent, command = row.split(None, 2)
        children.setdefault(int(parent), []).append(int(own))
        commands[int(own)] = command
    found = {own: command for own, command in commands.items() if f"{folder}/" in command}
    waiting = [process]
    while waiting:
        own = children.get(waiting.pop(), [])
        found |= {child: commands[child] for child in own}
        waiting += own
    return found


def wait_until_gone(scratch: Path, started: dict[int, str], process: int) -> None:
    """Fails unless soon nothing is left of what was started: no process, no file."""
    ends = time.monotonic() + 60
    while True:
        rows = subprocess.run(["ps", "-eo", "pid="], capture_output=True, text=True, check=True).stdout
        alive = {int(row) for row in rows.split()}
        left = [command for own, command in started.items() if own in alive]
        left += [*find_processes(process, scratch).values(), *map(str, scratch.iterdir())]
        if not left:
            return
        assert time.monotonic() < ends, left
        time.sleep(0.2)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the server makes its temporary folders."""
    return make_folder(tmp_path / "scratch")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project."""
    return make_folder(tmp_path / "project")


@pytest.fixture
def settings(environment: dict[str, str], tmp_path: Path, scratch: Path) -> dict[str, str]:
    """The server's environment."""
    # The embedded PostgreSQL keeps a folder of locks for good, where the user's run-time files are.
    runtime = make_folder(tmp_path / "runtime")
    return environment | {"TMPDIR": str(scratch), "XDG_RUNTIME_DIR": str(runtime)}


def make_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def begin_proof(process: subprocess.Popen[bytes], era: str) -> dict[str, Any]:
    """Ask over stdio for a full proof, and wait until it runs mypy; gives the era's `_meta`."""
    meta = META if era == "auto" else {}
    if era == "legacy":
        send(process, id=0, method="initialize", params=CLIENT)
        receive(process)
        send(process, method="notifications/initialized")
    send(process, id=1, method="tools/call", params=ask_for_proof(meta))
    steps = [receive(process)["params"] for _ in range(3)]
    assert [(step["progressToken"], step["progress"], step["message"]) for step in steps] == [
        ("p", 0, "ruff"), ("p", 1, "black"), ("p", 2, "mypy"),
    ]  # fmt: skip
    assert steps[0]["total"] >= 7
    return meta


def ask_for_proof(meta: dict[str, Any]) -> dict[str, Any]:
    arguments = {"request": "create a UserService", "verify": "full"}
    return {"name": "generate_code", "arguments": arguments, "_meta": meta | {"progressToken": "p"}}


def test_a_cancelled_proof_leaves_no_process_and_no_file(
    server_command: Command, settings: dict[str, str], era: str, root: Path, scratch: Path
) -> None:
    with run_server(server_command(root), settings) as process:
        meta = begin_proof(process, era)
        started = find_processes(process.pid, scratch)
        assert started
        send(process, method="notifications/cancelled", params={"requestId": 1, "_meta": meta})
        wait_until_gone(scratch, started, process.pid)
        send(process, id=2, method="tools/list", params={"_meta": meta})
        while (answer := receive(process)).get("id") != 2:
            assert "result" not in answer
        assert len(answer["result"]["tools"]) == 6
    assert not list(root.iterdir())


def test_a_client_that_goes_in_the_middle_of_a_proof_leaves_no_process_and_no_file(
    server_command: Command, settings: dict[str, str], era: str, root: Path, scratch: Path
) -> None:
    with run_server(server_command(root), settings) as process:
        begin_proof(process, era)
        started = find_processes(process.pid, scratch)
        assert started
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 0
        wait_until_gone(scratch, started, process.pid)
    assert not list(root.iterdir())


def test_a_server_that_is_told_to_end_in_the_middle_of_a_proof_leaves_no_process_and_no_file(
    server_command: Command, settings: dict[str, str], root: Path, scratch: Path
) -> None:
    with run_server(server_command(root), settings) as process:
        begin_proof(process, "auto")
        started = find_processes(process.pid, scratch)
        assert started
        process.terminate()
        assert process.wait(timeout=60) == -signal.SIGTERM
        wait_until_gone(scratch, started, process.pid)
    assert not list(root.iterdir())


@pytest.mark.parametrize("end", ["connection", "signal"])
def test_a_proof_over_http_ends_with_its_connection_or_its_server(
    server_command: Command, settings: dict[str, str], end: str, root: Path, scratch: Path
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ask_for_proof(META)}
    headers = {
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "generate_code",
    }
    with run_server([*server_command(root), "--http", "127.0.0.1:0"], settings) as process:
        assert process.stderr is not None
        address = process.stderr.readline().decode().split()[-1]
        with httpx2.stream("POST", address, json=body, headers=headers, timeout=60) as answer:
            events = (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))
            assert [next(events)["params"]["message"] for _ in range(3)] == ["ruff", "black", "mypy"]
            started = find_processes(process.pid, scratch)
            assert started
            if end == "signal":
                process.terminate()
                process.wait(timeout=60)
        wait_until_gone(scratch, started, process.pid)
    assert not list(root.iterdir())
