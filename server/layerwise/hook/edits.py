"""What an edit changed: read from the event that a host sends, and told as a diff."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from layerwise.hook.forms import Event
from layerwise.review.diff import diff_texts

_PATHS = ("file_path", "path", "filePath", "absolute_path", "target_file")
_PATCHES = ("command", "patch", "input")
_PATCH_FILES = ("*** Update File: ", "*** Add File: ", "*** Move to: ")


class Edited(NamedTuple):
    """A file that was edited, as the host names it, and its replacements (old, new); none when it was written whole."""

    path: str
    replacements: tuple[tuple[str, str], ...]


def read_edits(event: Event) -> list[Edited]:
    """The files that an event says were edited; empty when it says none."""
    tool = event.get("tool_input")
    source: dict[str, Any] = tool if isinstance(tool, dict) else event
    for name in _PATCHES:
        if isinstance(patch := source.get(name), str) and "*** Begin Patch" in patch:
            return _read_patch(patch)
    path = next((value for name in _PATHS if isinstance(value := source.get(name), str)), "")
    rows = source.get("edits")
    pairs = [_read_pair(row) for row in (rows if isinstance(rows, list) else [source])]
    return [Edited(path, tuple(pair for pair in pairs if pair))] if path else []


def locate_edit(path: str, root: Path, cwd: str) -> str | None:
    """The edited path relative to `root`, POSIX; None unless it is an existing Python file inside the root."""
    if "\0" in path or not path.endswith(".py"):
        return None
    place = Path(os.path.realpath(Path(cwd or root, path)))
    real = Path(os.path.realpath(root))
    return place.relative_to(real).as_posix() if place.is_relative_to(real) and place.is_file() else None


def diff_edit(path: str, after: str, replacements: tuple[tuple[str, str], ...]) -> str | None:
    """The unified diff that led to the text `after`; None when the replacements are not found in it any more."""
    before = after
    for old, new in reversed(replacements):
        if new and new not in before:
            return None
        before = before.replace(new, old, 1) if new else before
    return diff_texts(path, before, after) if replacements else None


def _read_pair(row: Any) -> tuple[str, str] | None:
    match row:
        case {"old_string": str(old), "new_string": str(new)}:
            return old, new
    return None


def _read_patch(patch: str) -> list[Edited]:
    files: dict[str, list[tuple[list[str], list[str]]]] = {}
    path = ""
    for line in patch.splitlines():
        if head := next((head for head in _PATCH_FILES if line.startswith(head)), None):
            moved = files.pop(path, []) if head == _PATCH_FILES[2] else []
            path = line[len(head) :].strip()
            files[path] = moved
        elif line.startswith("***"):
            path = path if line.startswith("*** End of File") else ""
        elif path and line.startswith("@@"):
            files[path].append(([], []))
        elif path and files[path]:
            old, new = files[path][-1]
            for side, marks in ((old, " -"), (new, " +")):
                if not line or line[0] in marks:
                    side.append(line[1:])
    return [Edited(path, tuple(("\n".join(old), "\n".join(new)) for old, new in rows)) for path, rows in files.items()]
