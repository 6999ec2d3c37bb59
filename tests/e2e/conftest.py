"""Real clients over stdio and HTTP, and an environment of its own for what was generated."""

import os
import subprocess
import sys
import venv
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from mcp import StdioServerParameters
from mcp.client import Client

# "auto" asks for the 2026-07-28 revision first, which the server has; "legacy" shakes hands with `initialize`.
ERAS = ["auto", "legacy"]

Connect = Callable[..., AbstractAsyncContextManager[Client]]


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
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "layerwise", "serve", "--root", str(root)], env=environment
        )
        async with Client(command, mode=era) as client:
            yield client

    return open_client


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
