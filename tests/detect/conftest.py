from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.detect.context import Context, Detection
from layerwise.detect.engine import match

Detect = Callable[..., Detection]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def detect() -> Detect:
    return lambda prompt="", **parts: match(Context(prompt=prompt, **parts))


@pytest.fixture
def fired() -> Callable[..., set[str]]:
    return lambda prompt="", **parts: {found.name for found in match(Context(prompt=prompt, **parts)).matches}
