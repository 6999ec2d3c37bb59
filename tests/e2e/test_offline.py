"""Without a network the server starts and answers every tool, and every hook is answered."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import StdioServerParameters
from mcp.client import Client

pytestmark = pytest.mark.slow

# Where a container may not make a network namespace, Python itself refuses every way to another machine.
GUARD = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise OSError(f"no network: {event}")

sys.addaudithook(refuse)
"""
REACH_OUT = "import socket; socket.create_connection(('127.0.0.1', int(__import__('sys').argv[1])), timeout=5)"
ROUTE = "from fastapi import APIRouter\nrouter = APIRouter()\n\n\n@router.get('/')\nasync def read():\n    import time\n    time.sleep(1)\n"
HOSTS = ["claude-code", "cursor", "codex", "gemini"]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, str]]:
    """What to put before a command, and into its environment, so that it has no network."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAYERWISE_")}
    environment["LAYERWISE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    unshare = shutil.which("unshare") or ""
    for options in ("-n", "-rn"):
        if unshare and subprocess.run([unshare, options, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, options], environment
    guard = tmp_path_factory.mktemp("guard")
    (guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    return [], {**environment, "PYTHONPATH": str(guard)}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A committed project, then edited."""
    root = tmp_path / "project"
    root.mkdir()
    for words in (
        ["init", "-q"],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "x", "--allow-empty"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    (root / "routes.py").write_text(ROUTE, encoding="utf-8")
    return root


def test_the_guard_lets_nothing_out(offline: tuple[list[str], dict[str, str]]) -> None:
    import socket

    prefix, environment = offline
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-c", REACH_OUT, str(listener.getsockname()[1])]
        assert subprocess.run(command, check=False).returncode == 0
        assert subprocess.run([*prefix, *command], env=environment, capture_output=True, check=False).returncode == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_server_starts_and_answers_every_tool(
    offline: tuple[list[str], dict[str, str]], tmp_path: Path, mode: str
) -> None:
    prefix, environment = offline
    root = tmp_path / "empty"
    root.mkdir()
    command, *arguments = [*prefix, sys.executable, "-m", "layerwise", "serve", "--root", str(root)]
    server = StdioServerParameters(command=command, args=arguments, env=environment)
    async with Client(server, mode=mode) as client:
        calls: dict[str, dict[str, Any]] = {
            "detect_triggers": {"prompt": "add an endpoint"},
            "get_guidance": {"question": "where do I commit the session?"},
            "inspect_project": {},
            "review_code": {"code": ROUTE},
            "generate_code": {"request": "create a UserService"},
        }
        assert {tool.name for tool in (await client.list_tools()).tools} == {*calls, "apply_changes"}
        for tool, given in calls.items():
            result = await client.call_tool(tool, given)
            assert not result.is_error, (tool, result.content)
            assert result.structured_content
        applied = await client.call_tool("apply_changes", {"id": result.structured_content["id"]})
        assert not applied.is_error, applied.content
        assert (await client.list_resources()).resources
        assert (await client.list_prompts()).prompts


@pytest.mark.parametrize("host", HOSTS)
def test_every_hook_is_answered(offline: tuple[list[str], dict[str, str]], project: Path, host: str) -> None:
    prefix, environment = offline
    events = {
        "prompt": {"prompt": "add an endpoint that lists invoices"},
        "edit": {"tool_input": {"file_path": str(project / "routes.py")}},
        "stop": {},
    }
    for moment, event in events.items():
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "layerwise", "hook", moment, "--host", host],
            input=json.dumps({"cwd": str(project), **event}),
            env=environment | {"LAYERWISE_CACHE_DIR": str(project / host)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), moment
        assert json.loads(done.stdout), moment
    assert not (project / host / "hooks.log").exists()
