"""Diffs: the added lines of a unified diff, and the text around them."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.errors import InvalidInputError

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_TARGET = re.compile(r"^\+\+\+ (?:b/)?(?P<path>[^\t\r\n]+)")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """The new side of one file in a diff: the numbers of its added lines, and by number the lines that it shows."""

    path: str
    added: frozenset[int]
    shown: dict[int, str]

    @property
    def text(self) -> str:
        """The shown lines at their places, blank between the hunks."""
        return "\n".join(self.shown.get(number, "") for number in range(1, max(self.shown, default=0) + 1)) + "\n"

    def matches(self, text: str) -> bool:
        """Whether `text` is the file that the diff leads to."""
        lines = text.splitlines()
        return all(
            number <= len(lines) and lines[number - 1].rstrip() == line.rstrip() for number, line in self.shown.items()
        )


def read_diff(diff: str) -> list[ChangedFile]:
    """The changed files of a unified diff, deleted ones left out. Raises InvalidInputError when it is none."""
    files = [file for file in _files(diff.splitlines()) if file.path != "/dev/null"]
    if not files and "+++ " not in diff and diff.strip():
        raise InvalidInputError(
            "This is no unified diff: no `+++ path` line. Send what `git diff` prints, or the code itself."
        )
    return files


def _files(lines: list[str]) -> Iterator[ChangedFile]:
    path: str | None = None
    added: set[int] = set()
    shown: dict[int, str] = {}
    number = left = 0
    for line in lines:
        if left <= 0 and (target := _TARGET.match(line)):
            if path is not None:
                yield ChangedFile(path, frozenset(added), shown)
            path, added, shown = target["path"].strip().strip('"'), set(), {}
        elif hunk := _HUNK.match(line):
            number, left = int(hunk[1]), int(hunk[2] or 1)
        elif left > 0 and not line.startswith(("-", "\\")):
            shown[number] = line[1:]
            if line.startswith("+"):
                added.add(number)
            number, left = number + 1, left - 1
    if path is not None:
        yield ChangedFile(path, frozenset(added), shown)


def diff_texts(path: str, before: str, after: str) -> str:
    """The unified diff between two texts of `path`, empty when they are equal."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "".join(f"{line}\n" for line in lines)
