"""The server in memory, once in each protocol era."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from mcp.client import Client

from layerwise.app import build
from layerwise.roots import Roots

Connect = Callable[[], AbstractAsyncContextManager[Client]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, with a cache folder of its own."""
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    return project


@pytest.fixture(params=["auto", "legacy"])
def connect(request: pytest.FixtureRequest, root: Path) -> Connect:
    """Opens a client to the server over `root`."""

    @asynccontextmanager
    async def open_client() -> AsyncIterator[Client]:
        async with Client(build(Roots((root.resolve(),))), mode=str(request.param)) as client:
            yield client

    return open_client
