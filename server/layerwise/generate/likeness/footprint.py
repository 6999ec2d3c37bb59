"""Footprint: what a generation changed in files that were there, so that just that can be taken back."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from layerwise.changes.changeset import Change
from layerwise.changes.files import fingerprint


def describe_edits(changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    """An edit for each changed file that was there, JSON-ready: its path, the SHA-256 of what was written, and hunks.

    A hunk is the number of its first line in the written text, counted from 0, and its lines before and after.
    """
    for change in changes:
        if change.before is None or change.after is None:
            continue
        before, after = (_split(side.decode("utf-8")) for side in (change.before, change.after))
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        hunks = [
            [start, "".join(before[old:old_end]), "".join(after[start:end])]
            for kind, old, old_end, start, end in matcher.get_opcodes()
            if kind != "equal"
        ]
        yield {"path": change.path, "written": fingerprint(change.after), "hunks": hunks}


def take_back(text: str, edit: Mapping[str, Any]) -> str | None:
    """A file's text without an edit of it; None where later edits hide what was written.

    A text that is as it was written is restored byte for byte; in any other each hunk must be there exactly once.
    """
    lines = _split(text)
    untouched = fingerprint(text.encode("utf-8")) == edit["written"]
    for start, before, after in reversed(edit["hunks"]):
        old, new = _split(before), _split(after)
        places = [start] if untouched else _find(lines, new)
        if len(places) != 1:
            return None
        lines[places[0] : places[0] + len(new)] = old
    return "".join(lines)


def _find(lines: Sequence[str], part: Sequence[str]) -> list[int]:
    """Where `part` stands in `lines`; nowhere for a part without lines, of which nothing is left to be found."""
    if not part:
        return []
    return [at for at in range(len(lines) - len(part) + 1) if list(lines[at : at + len(part)]) == list(part)]


def _split(text: str) -> list[str]:
    """The lines as they are in the file; other breaks that Python knows do not end one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
