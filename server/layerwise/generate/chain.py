"""The chain of migrations: which of them may still be taken back, because nothing shows that they were applied."""

import sqlite3
import subprocess
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from layerwise.generate.backend import Backend, Draft
from layerwise.generate.migration import Revision, find_head, read_revisions

VERSIONS = "alembic/versions"
_DATABASES = ("*.db", "*.sqlite", "*.sqlite3")


def retract(draft: Draft, wanted: Collection[str]) -> bool:
    """Take the migrations of these revisions out of the draft, where they are the last and were perhaps never applied.

    False, and nothing done, where there are none, others stand on them, or one is in git or in a database file here.
    """
    revisions = read_revisions(draft.read_folder(VERSIONS))
    tail = _take_tail(revisions, len(set(wanted)))
    if not wanted or {revision.revision for revision in tail} != set(wanted) or find_applied(draft.backend, tail):
        return False
    for revision in tail:
        draft.put(revision.path, None)
    names = ", ".join(revision.path.rpartition("/")[2] for revision in tail)
    draft.notices.append(
        f"{names} goes again: it is the last migration, not in git, and no SQLite file here is at it. If another "
        "database is, undo this, run `alembic downgrade` there, and ask again."
    )
    return True


def find_applied(backend: Backend, revisions: Collection[Revision]) -> bool:
    """Whether one of the revisions was perhaps applied: git has it, or a SQLite database in the backend is at it."""
    home = backend.root / backend.prefix
    names = {revision.revision for revision in revisions}
    return any(_is_committed(home, revision.path) for revision in revisions) or any(
        _read_version(path) in names for pattern in _DATABASES for path in home.glob(pattern)
    )


def _take_tail(revisions: tuple[Revision, ...], count: int) -> list[Revision]:
    """The last `count` revisions, the head first; fewer where they run out or branch."""
    by_name = {revision.revision: revision for revision in revisions}
    tail: list[Revision] = []
    name = find_head(revisions)
    while name in by_name and len(tail) < count:
        tail.append(by_name[name])
        parents = by_name[name].parents
        name = parents[0] if len(parents) == 1 else None
    return tail


def _is_committed(home: Path, path: str) -> bool:
    command = ["git", "-C", str(home), "cat-file", "-e", f"HEAD:./{path}"]
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _read_version(path: Path) -> str:
    """The revision that a SQLite database is at; empty where it is none of Alembic's."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""
