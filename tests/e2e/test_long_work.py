"""Long work tells how far it is, and once it is called off nothing of it is left: no process, no file."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@contextmanager
def run_server(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
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


def list_processes(process: int, folder: Path) -> list[str]:
    """The commands of all processes that a process has started, and theirs, and of those that work in a folder."""
    rows = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[tuple[int, str]]] = {}
    for row in rows.splitlines():
        own, parent, command = row.split(None, 2)
        children.setdefault(int(parent), []).append((int(own), command))
    found, waiting = [row for row in rows.splitlines() if f"{folder}/" in row], [process]
    while waiting:
        for own, command in children.get(waiting.pop(), []):
            found.append(command)
            waiting.append(own)
    return found


def test_a_cancelled_proof_leaves_no_process_and_no_file(
    server_command: Callable[[Path], list[str]], environment: dict[str, str], era: str, tmp_path: Path
) -> None:
    # The embedded PostgreSQL keeps a folder of locks for good, where the user's run-time files are.
    root, scratch, runtime = (tmp_path / name for name in ("project", "scratch", "runtime"))
    for folder in (root, scratch, runtime):
        folder.mkdir(mode=0o700)
    meta = META if era == "auto" else {}
    with run_server(
        server_command(root), environment | {"TMPDIR": str(scratch), "XDG_RUNTIME_DIR": str(runtime)}
    ) as process:
        if era == "legacy":
            send(process, id=0, method="initialize", params=CLIENT)
            receive(process)
            send(process, method="notifications/initialized")
        arguments = {"request": "create a UserService", "verify": "full"}
        params = {"name": "generate_code", "arguments": arguments, "_meta": meta | {"progressToken": "p"}}
        send(process, id=1, method="tools/call", params=params)
        steps = [receive(process)["params"] for _ in range(3)]
        assert [(step["progressToken"], step["progress"], step["message"]) for step in steps] == [
            ("p", 0, "ruff"), ("p", 1, "black"), ("p", 2, "mypy"),
        ]  # fmt: skip
        assert steps[0]["total"] >= 7
        assert list(scratch.iterdir())
        send(process, method="notifications/cancelled", params={"requestId": 1, "_meta": meta})
        ends = time.monotonic() + 60
        while left := [*list_processes(process.pid, scratch), *scratch.iterdir()]:
            assert time.monotonic() < ends, left
            time.sleep(0.2)
        send(process, id=2, method="tools/list", params={"_meta": meta})
        while (answer := receive(process)).get("id") != 2:
            assert "result" not in answer
        assert len(answer["result"]["tools"]) == 6
    assert not list(root.iterdir())
