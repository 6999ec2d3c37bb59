"""Real clients over stdio and HTTP, the protocol's own tools, and an environment of its own for what was generated."""

import asyncio
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
from mcp import StdioServerParameters
from mcp.client import Client

# "auto" asks for the 2026-07-28 revision first, which the server has; "legacy" shakes hands with `initialize`.
ERAS = ["auto", "legacy"]

PINS = Path(__file__).parent / "node"
NODE = "22.23.3"
OLDEST_NODE = (22, 19)

Connect = Callable[..., AbstractAsyncContextManager[Any]]
Serve = Callable[..., AbstractContextManager[str]]


class Node(NamedTuple):
    """A Node that is new enough, and the folder where the pinned packages and our client are installed."""

    program: str
    home: Path


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Each protocol era in turn."""
    return str(request.param)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The process environment with a cache folder of its own."""
    return {**os.environ, "LAYERWISE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONWARNINGS": "error"}


@pytest.fixture
def connect(environment: dict[str, str]) -> Connect:
    """Opens a client to a freshly spawned `layerwise serve` over stdio."""

    @asynccontextmanager
    async def open_client(root: Path, era: str) -> AsyncIterator[Client]:
        command, *arguments = server_command(root)
        server = StdioServerParameters(command=command, args=arguments, env=environment)
        async with Client(server, mode=era) as client:
            yield client

    return open_client


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Runs `layerwise serve --http` over a folder; gives the address of its endpoint. What it logs goes to `log`."""
    environment = {**os.environ, "LAYERWISE_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}

    @contextmanager
    def run(root: Path, log: list[str] | None = None) -> Iterator[str]:
        command = [*server_command(root), "--http", "127.0.0.1:0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stderr is not None
            address = process.stderr.readline().split()[-1]
            # A server whose log nobody reads stands still once the pipe is full.
            reader = Thread(target=([] if log is None else log).extend, args=[process.stderr])
            reader.start()
            try:
                yield address
            finally:
                process.terminate()
                reader.join()

    return run


@pytest.fixture(scope="session", name="server_command")
def give_server_command() -> Callable[[Path], list[str]]:
    """The command that serves a folder over stdio."""
    return server_command


def server_command(root: Path) -> list[str]:
    return [sys.executable, "-m", "layerwise", "serve", "--root", str(root)]


class TypeScriptClient:
    """The official TypeScript SDK's client, in a process of its own that takes one call a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, call: str, given: Any = None) -> Any:
        """What the client's method gives back. Fails when it throws."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": call, "with": given}).encode() + b"\n")
        await self._process.stdin.drain()
        answer = json.loads(await self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer["result"]

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """The tool's result, under the names that the Python client uses."""
        result = await self.ask("callTool", {"name": name, "arguments": arguments})
        return ToolResult(result.get("isError", False), result["content"], result.get("structuredContent"))


class ToolResult(NamedTuple):
    """What a tool answered to the TypeScript client."""

    is_error: bool
    content: list[dict[str, Any]]
    structured_content: Any


@pytest.fixture
def connect_typescript(node: Node, environment: dict[str, str], serve: Serve) -> Connect:
    """Opens a client of the TypeScript SDK to a server of its own, over "stdio" or "http"."""

    @asynccontextmanager
    async def start(era: str, *target: str) -> AsyncIterator[TypeScriptClient]:
        process = await asyncio.create_subprocess_exec(
            *(node.program, str(node.home / "client.ts"), era, *target),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "NODE_NO_WARNINGS": "1"},
            limit=16 * 1024 * 1024,
        )
        try:
            yield TypeScriptClient(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
        assert process.returncode == 0

    @asynccontextmanager
    async def open_client(root: Path, era: str, transport: str) -> AsyncIterator[TypeScriptClient]:
        if transport == "stdio":
            async with start(era, *server_command(root)) as client:
                yield client
            return
        with serve(root) as address:
            async with start(era, address) as client:
                yield client

    return open_client


@pytest.fixture(scope="session")
def node(request: pytest.FixtureRequest) -> Node:
    """The pinned Node packages, installed once and kept in pytest's cache folder, and a Node to run them with."""
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing; CI must run the conformance suite and the TypeScript client")
        pytest.skip("npm is missing")
    assert request.config.cache is not None
    pinned = b"".join(file.read_bytes() for file in sorted(PINS.iterdir())) + NODE.encode()
    home = request.config.cache.mkdir("protocol-tools") / sha256(pinned).hexdigest()[:12]
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            for file in PINS.iterdir():
                shutil.copy(file, home)
            install(home, "ci", "--ignore-scripts")
            if find_node() is None:
                (home / "runtime").mkdir(exist_ok=True)
                install(home / "runtime", "install", "--prefix", ".", f"node@{NODE}")
            (home / "installed").touch()
    return Node(find_node() or str(home / "runtime" / "node_modules" / "node" / "bin" / "node"), home)


@pytest.fixture(scope="session")
def run_node(node: Node) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script of the pinned Node packages; its output comes without colours."""

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [node.program, str(node.home / script), *arguments],
            env={**os.environ, "NO_COLOR": "1", "LAYERWISE_CACHE_DIR": str(node.home / "cache")},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout), done.stderr
        )

    return run


def find_node() -> str | None:
    """The machine's own Node, if it is new enough."""
    node = shutil.which("node")
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return node if tuple(map(int, version.strip("v\n").split(".")[:2])) >= OLDEST_NODE else None


def install(home: Path, *command: str) -> None:
    done = subprocess.run(
        ["npm", *command, "--no-audit", "--no-fund"], cwd=home, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def shell(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the `layerwise` command as a process of its own."""

    def run(*arguments: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "layerwise", *arguments],
            cwd=cwd,
            env=environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def install_backend(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Makes an environment that holds only what a backend's requirements name; gives back its interpreter."""
    made: dict[str, Path] = {}

    def install(backend: Path) -> Path:
        files = sorted(backend.glob("requirements*.txt"))
        key = "\n".join(file.read_text(encoding="utf-8") for file in files)
        if key not in made:
            home = tmp_path_factory.mktemp("backend-environment")
            venv.create(home, with_pip=True, symlinks=True)
            python = home / "bin" / "python"
            wanted = [option for file in files for option in ("-r", str(file))]
            subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True, timeout=600)
            made[key] = python
        return made[key]

    return install
