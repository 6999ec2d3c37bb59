"""Classes of a path: which of a skill's named patterns it meets."""

from collections.abc import Collection
from typing import Any

MAX_PATH = 4096


def classify(path: str, patterns: dict[str, list[str]]) -> dict[str, tuple[int, int]]:
    """The classes that `path` meets, each with the characters that say so; folders count before file names."""
    path = path[:MAX_PATH]
    folded = path.lower().replace("\\", "/")
    found: dict[str, tuple[int, int]] = {}
    for name, options in patterns.items():
        for pattern in options:
            if span := _find(folded, pattern):
                found[name] = span
                break
    return found


def is_silent(path: str, classes: Collection[str], triggers: dict[str, Any]) -> bool:
    """Whether nothing fires for `path`, which is of these classes: another kind of file, or a silent place."""
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    other = bool(dot and stem and extension.isalpha()) and extension.lower() not in triggers["extensions"]
    return bool(triggers["extensions"] and other) or any(name in classes for name in triggers["silent_paths"])


def _find(path: str, pattern: str) -> tuple[int, int] | None:
    pattern = pattern.lower()
    if pattern.endswith("/"):
        return _find_folder(path, pattern)
    start = path.rfind("/") + 1
    return (start, len(path)) if meets(path[start:], pattern) else None


def _find_folder(path: str, pattern: str) -> tuple[int, int] | None:
    if "*" not in pattern:
        at = 0 if path.startswith(pattern) else path.find("/" + pattern) + 1
        return (at, at + len(pattern)) if path.startswith(pattern) or at else None
    start = 0
    for part in path.split("/")[:-1]:
        if meets(part, pattern[:-1]):
            return start, start + len(part)
        start += len(part) + 1
    return None


def meets(name: str, pattern: str) -> bool:
    """Whether `name` is `pattern`, in which one `*` stands for anything."""
    head, star, tail = pattern.partition("*")
    if not star:
        return name == pattern
    return len(name) >= len(head) + len(tail) and name.startswith(head) and name.endswith(tail)
