"""Unified diffs: the new side of every hunk, and which of its lines were added."""

import re
from typing import NamedTuple

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@ ?(.*)")


class Line(NamedTuple):
    """A line of the new side: its text, whether it was added, and where the text starts in the diff."""

    text: str
    added: bool
    start: int


class Hunk(NamedTuple):
    """Lines of one file's new side; `path` is empty when the diff does not name the file."""

    path: str
    lines: tuple[Line, ...]


def read_hunks(diff: str) -> list[Hunk]:
    """The hunks of `diff` in order, without deleted lines and deleted files.

    The heading that git prints after `@@` stands first, as a line that was not added.
    """
    hunks: list[Hunk] = []
    lines: list[Line] = []
    path, inside, start = "", False, 0

    def close() -> None:
        if any(line.added for line in lines) and path != "/dev/null":
            hunks.append(Hunk(path, tuple(lines)))
        lines.clear()

    raws = diff.split("\n")
    for raw, after in zip(raws, [*raws[1:], ""], strict=True):
        text = raw.rstrip("\r")
        sign = text[:1]
        if (inside and sign in (" ", "")) or (sign == "+" and (inside or text[:4] != "+++ ")):
            lines.append(Line(text[1:], added=sign == "+", start=start + 1))
        elif (sign == "d" and text.startswith("diff --git ")) or (text[:4] == "--- " and after[:4] == "+++ "):
            close()
            inside = False
        elif text[:4] == "+++ ":
            path = _read_path(text[4:])
        elif sign == "r" and text.startswith("rename to ") and not inside:
            path = text[10:].strip()
        elif sign == "@" and (head := _HUNK.match(text)):
            close()
            inside = True
            if head[1]:
                lines.append(Line(head[1], added=False, start=start + head.start(1)))
        start += len(raw) + 1
    close()
    return hunks


def _read_path(text: str) -> str:
    path = text.split("\t")[0].strip().strip('"')
    return path[2:] if path.startswith(("b/", "w/", "i/")) else path
