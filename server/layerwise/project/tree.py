"""The Python files of a folder, found in bounded time; what was left out is said."""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerwise.errors import InvalidInputError

MOST_FILES = 20_000
MOST_ENTRIES = 400_000
LARGEST_FILE = 1_000_000

# Never worth a word: every checkout has them.
_CACHES = frozenset(
    {"__pycache__", ".git", ".hg", ".svn", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".cache"}
)
_FOREIGN = {
    "node_modules": "installed packages",
    "site-packages": "installed packages",
    ".venv": "virtual environment",
    ".tox": "virtual environments",
    ".nox": "virtual environments",
    ".eggs": "build output",
    ".layerwise": "kept by layerwise",
}
_BUILD_OUTPUT = frozenset({"build", "dist"})
_ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that was not read, POSIX and relative to the root, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The Python files below `root` as sorted POSIX paths relative to it, the folders seen, and what was skipped."""

    root: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def walk_tree(root: Path, *, most_files: int = MOST_FILES, most_entries: int = MOST_ENTRIES) -> Tree:
    """The Python files below `root`, nearest first when there are more than `most_files`.

    Symbolic links are not followed. Raises InvalidInputError when `root` is not a folder that can be read.
    """
    if not root.is_dir():
        raise InvalidInputError(f"{root} is not a folder; give the folder that holds the backend.")
    walk = _Walk(root, most_files, most_entries)
    walk.run()
    return Tree(root, tuple(sorted(walk.files)), tuple(sorted(walk.folders)), tuple(walk.skipped))


class _Walk:
    """A breadth-first walk, so that a bound cuts off what lies deepest."""

    def __init__(self, root: Path, most_files: int, most_entries: int) -> None:
        self.root = root
        self.most_files = most_files
        self.entries_left = most_entries
        self.files: list[str] = []
        self.folders: list[str] = []
        self.skipped: list[Skipped] = []

    def run(self) -> None:
        waiting = deque([""])
        while waiting:
            folder = waiting.popleft()
            waiting.extend(self.read_folder(folder))
            if self.entries_left <= 0 or len(self.files) > self.most_files:
                bound = f"{self.most_files} Python files" if self.entries_left > 0 else "the number of entries"
                self.skipped += [Skipped(path, f"beyond the bound on {bound}") for path in waiting]
                self.skipped += [Skipped(path, f"beyond {bound}") for path in self.files[self.most_files :]]
                del self.files[self.most_files :]
                return

    def read_folder(self, folder: str) -> Iterator[str]:
        """Take the files of one folder; yields the folders below it that are to be read."""
        try:
            with os.scandir(self.root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            self.skip(folder or ".", f"cannot be read: {error.strerror or error}")
            return
        names = {entry.name for entry in entries}
        if folder and names & _ENVIRONMENT_MARKS:
            self.skip(folder, "virtual environment")
            return
        self.folders.append(folder)
        self.entries_left -= len(entries)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if self.is_folder(entry, path):
                yield path
            elif entry.name.endswith(".py"):
                self.take_file(entry, path)

    def is_folder(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether `entry` is a folder to be read; says why when it is one that is not."""
        if entry.is_symlink():
            # A link that leads to itself is no folder; asking the entry would raise.
            if os.path.isdir(entry.path) and entry.name not in _CACHES:  # noqa: PTH112
                self.skip(path, "symbolic link")
            return False
        if not entry.is_dir(follow_symlinks=False) or entry.name in _CACHES:
            return False
        reason = _FOREIGN.get(entry.name)
        if entry.name in _BUILD_OUTPUT and not Path(entry.path, "__init__.py").exists():
            reason = "build output"
        if reason:
            self.skip(path, reason)
        return reason is None

    def take_file(self, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink():
            self.skip(path, "symbolic link")
        elif not entry.is_file(follow_symlinks=False):
            self.skip(path, "not a regular file")
        else:
            self.files.append(path)

    def skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason))
