"""What the tests of changes share: trees as values, and change sets made from them."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from layerwise.changes.changeset import Change, ChangeSet

Tree = dict[str, tuple[int, bytes | None]]


def read_tree(root: Path) -> Tree:
    """Every file and folder below `root` with its mode and bytes, but for Layerwise's own journal."""
    tree: Tree = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if not (inside + "/").startswith(".layerwise/journal/"):
                content = None if path.is_dir() else path.read_bytes()
                tree[inside] = (stat.S_IMODE(path.lstat().st_mode), content)
    return tree


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


@pytest.fixture
def tree_of() -> Callable[[Path], Tree]:
    return read_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project: one plain file, one script, one file that is neither UTF-8 nor ends in a newline."""
    project = tmp_path / "shop"
    files = {"app/main.py": b"import app\n", "run.sh": b"#!/bin/sh\r\n", "legacy.py": b"\xef\xbb\xbfname = '\xe9'\r\n#"}
    write_files(project, files)
    (project / "run.sh").chmod(0o755)
    return project


@pytest.fixture
def change(root: Path) -> Callable[..., ChangeSet]:
    """Make a change set against the project as it stands: paths and what they shall hold, None to delete."""

    def make(after: Mapping[str, bytes | None], **rest: Any) -> ChangeSet:
        changes = (
            Change(path, (root / path).read_bytes() if (root / path).is_file() else None, content)
            for path, content in after.items()
        )
        return ChangeSet(root, tuple(changes), **rest)

    return make


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(folder))
    return folder
