"""What the tests of install share: a machine of its own with a home, a project, a PATH, and the command."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from layerwise.cli.command import run


class Machine(NamedTuple):
    """A home folder and a project on a machine where nothing of the developer's own shows."""

    home: Path
    project: Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine(tmp_path / "home", tmp_path / "home" / "shop")
    found.project.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(found.home))
    for variable in ("LAYERWISE_PROJECT_DIR", "CLAUDE_PROJECT_DIR", "GEMINI_PROJECT_DIR", "CURSOR_PROJECT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(found.project)
    return found


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `layerwise` with these words, expecting this exit code; gives what it printed."""

    def call(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(list(words)) == code
        shown = capsys.readouterr()
        return shown.out + shown.err

    return call


def read_jsonc(text: str) -> Any:
    """The value of JSON with comments, by means that share nothing with the code under test."""
    tokens = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
    bare = tokens.sub(lambda found: found[0] if found[0][0] == '"' else "", text.removeprefix("\ufeff"))
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", bare) if bare.strip() else "{}")


@pytest.fixture
def jsonc() -> Callable[[str], Any]:
    return read_jsonc
