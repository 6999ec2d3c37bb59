"""Hooks as hosts call them: a process, its event on standard input, whatever it answers on standard output."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Told(NamedTuple):
    """What a hook did: exit code, standard output as it came, standard error, and its log."""

    code: int
    out: bytes
    err: str
    log: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)


class Hook:
    """Calls hooks for a project of its own, with a cache folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.root.mkdir()
        self.cache = folder / "cache"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.endswith("_PROJECT_DIR") and not name.startswith(("LAYERWISE_", "GIT_"))
        } | {"LAYERWISE_CACHE_DIR": str(self.cache), "PYTHONWARNINGS": "error"}

    def __call__(self, moment: str, event: Any = None, *, host: str = "claude-code", **environment: str) -> Told:
        sent = event if isinstance(event, bytes) else json.dumps({"cwd": str(self.root), **(event or {})}).encode()
        done = subprocess.run(
            [sys.executable, "-m", "layerwise", "hook", moment, "--host", host],
            input=sent,
            capture_output=True,
            cwd=self.root,
            env={**self.environment, **environment},
            timeout=120,
            check=False,
        )
        log = self.cache / "hooks.log"
        told = log.read_text(encoding="utf-8") if log.exists() else ""
        return Told(done.returncode, done.stdout, done.stderr.decode(), told)

    def write(self, path: str, text: str) -> str:
        """Write a file of the project; gives its absolute path, as hosts send it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    def commit(self) -> None:
        """Make the project a repository, and commit all of it."""
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--allow-empty", "-m", "all"]):
            subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, env=self.environment)


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    return Hook(tmp_path)
