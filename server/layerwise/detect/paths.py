"""Classes of a path: which of a skill's named patterns it meets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Index = dict[str, Any]


MAX_PATH = 4096

Spans = dict[str, tuple[int, int]]


def index_patterns(classes: dict[str, list[str]]) -> Index:
    """Plain data for `classify`: the folders, file names and endings of each class, and the patterns left."""
    index: Index = {"folders": {}, "names": {}, "endings": {}, "others": []}
    for name, patterns in classes.items():
        for pattern in map(str.lower, patterns):
            bare = pattern.strip("/")
            if "*" not in bare and "/" not in bare:
                index["folders" if pattern.endswith("/") else "names"].setdefault(bare, []).append(name)
            elif bare.startswith("*.") and bare[2:].isalnum():
                index["endings"].setdefault(bare[2:], []).append(name)
            else:
                index["others"].append([pattern, name])
    return index


def classify(path: str, index: Index) -> Spans:
    """The classes that `path` meets, each with the characters that say so."""
    path = path[:MAX_PATH]
    folded = path.lower().replace("\\", "/")
    found: Spans = {}
    *folders, file = folded.split("/")
    at = 0
    for folder in folders:
        for name in index["folders"].get(folder, ()):
            found.setdefault(name, (at, at + len(folder)))
        at += len(folder) + 1
    for name in (*index["names"].get(file, ()), *index["endings"].get(file.rpartition(".")[2], ())):
        found.setdefault(name, (at, len(path)))
    for pattern, name in index["others"]:
        if name not in found and (span := _find(folded, folders, at, pattern)):
            found[name] = span
    return found


def _find(path: str, folders: list[str], file_at: int, pattern: str) -> tuple[int, int] | None:
    if not pattern.endswith("/"):
        return (file_at, len(path)) if meets(path[file_at:], pattern) else None
    if "*" not in pattern:
        at = f"/{path}".find(f"/{pattern}")
        return (at, at + len(pattern) - 1) if at >= 0 else None
    at = 0
    for folder in folders:
        if meets(folder, pattern[:-1]):
            return at, at + len(folder)
        at += len(folder) + 1
    return None


def is_silent(path: str, classes: Iterable[str], triggers: dict[str, Any]) -> bool:
    """Whether nothing fires for `path`, which is of these classes: another kind of file, or a silent place."""
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    other = bool(dot and stem and extension.isalpha()) and extension.lower() not in triggers["extensions"]
    silent: Collection[str] = triggers["silent_paths"]
    return bool(triggers["extensions"] and other) or any(name in silent for name in classes)


def meets(name: str, pattern: str) -> bool:
    """Whether `name` is `pattern`, in which one `*` stands for anything."""
    head, star, tail = pattern.partition("*")
    if not star:
        return name == pattern
    return len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)
