"""Files: the Python texts under a root that a review is asked for; read only, never outside the root."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layerwise.changes.paths import resolve_inside
from layerwise.errors import InvalidInputError, shorten

_SKIPPED = frozenset({
    "__pycache__", "node_modules", "venv", "site-packages", "build", "dist", "__pypackages__",
})  # fmt: skip
MAX_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was asked for and cannot be read, and why."""

    path: str
    reason: str


def find_files(root: Path, paths: Iterable[str | Path]) -> list[str]:
    """The Python files that `paths` (files or folders) name, relative to the root, POSIX, sorted.

    Hidden folders, environments and caches are left out. Raises OutsideRootError for a path that leads outside the
    root and InvalidInputError for one that does not exist.
    """
    base = root.resolve()
    found: set[str] = set()
    for path in paths:
        place = resolve_inside(base, path)
        if not place.exists():
            raise InvalidInputError(f"{shorten(str(path))!r} does not exist below the project root.")
        if place.is_dir():
            found.update(_walk(base, place))
        else:
            found.add(place.relative_to(base).as_posix())
    return sorted(found)


def _walk(base: Path, folder: Path) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name not in _SKIPPED and not name.startswith(".") and not _is_environment(where, name)
        ]
        for name in names:
            place = Path(where, name)
            if name.endswith(".py") and (not place.is_symlink() or Path(os.path.realpath(place)).is_relative_to(base)):
                yield place.relative_to(base).as_posix()


def _is_environment(where: str, name: str) -> bool:
    return Path(where, name, "pyvenv.cfg").exists()


def read_text(root: Path, path: str) -> str | Unreadable:
    """The text of a file, newlines as they are; or why it cannot be read."""
    try:
        with Path(root, path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Unreadable(path, f"cannot be read: {error.strerror or error}.")
    if len(data) > MAX_BYTES:
        return Unreadable(path, f"is larger than {MAX_BYTES:,} bytes; review the part that changed.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Unreadable(path, f"is not UTF-8 (byte {error.start}); save it as UTF-8 and review again.")
