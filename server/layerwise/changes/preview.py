"""A ChangeSet as the reader sees it: the files and what must be known first, then as much of the diff as fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.tokens import CHARACTERS_PER_TOKEN

# Room for keys, quotes and escapes when the same facts are written as JSON.
_JSON_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer as JSON-ready data and as text; both carry the same facts."""

    data: dict[str, Any]
    text: str


def preview(
    changeset: ChangeSet,
    *,
    max_tokens: int | None = None,
    show: Sequence[str] = (),
    diff: bool = True,
    cursor: str = "",
) -> Preview:
    """Show a change set within `max_tokens` (None: all of it), with its diff unless `diff` is false.

    `show` names paths whose new text is wanted in full instead of the diff; `cursor` goes on where an earlier preview
    of the same set stopped. Raises UnknownNameError for a path that is not in the set, InvalidInputError for a cursor
    that is none.
    """
    diffs = [change.diff() for change in changeset.changes]
    body = "".join(_contents(changeset, show) if show else diffs if diff else ())
    start = _read_cursor(changeset, cursor)
    files = [] if start else [_describe(*pair) for pair in zip(changeset.changes, diffs, strict=True)]
    head = "" if start else _head(changeset, files)
    room = None if max_tokens is None else max(400, int(max_tokens * CHARACTERS_PER_TOKEN * _JSON_SHARE) - len(head))
    end = _cut(body, start, room)
    part = body[start:end]
    following = f"{changeset.id}:{end}" if end < len(body) else None
    rest = f"… {len(body) - end} characters more: cursor={following!r}, or show=[path].\n" if following else ""
    return Preview(
        data={
            "id": changeset.id,
            "root": str(changeset.root),
            "files": [_shorten(file) for file in files],
            "issues": list(changeset.issues),
            "warnings": list(changeset.warnings),
            "notices": list(changeset.notices),
            "next_steps": list(changeset.next_steps),
            "evidence": dict(changeset.evidence),
            "applied": False,
            "diff": part,
            "cursor": following,
        },
        text="\n".join(filter(None, [head, part + rest])),
    )


def cursor_id(cursor: str) -> str:
    """The id of the change set that a cursor belongs to."""
    return cursor.partition(":")[0]


def _head(changeset: ChangeSet, files: Sequence[dict[str, Any]]) -> str:
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
    lines = [f"Change set {changeset.id} in {changeset.root}: {count}, nothing written yet."]
    lines += [f"  {file['op']:6} {file['path']} (+{file['added']} -{file['removed']})" for file in files]
    lists = (
        ("Issue", changeset.issues),
        ("Warning", changeset.warnings),
        ("Notice", changeset.notices),
        ("Next", changeset.next_steps),
    )
    lines += [f"{title}: {text}" for title, texts in lists for text in texts]
    lines += [f"Proved: {name}: {_state(result)}" for name, result in changeset.evidence.items()]
    return "\n".join(lines) + "\n"


def _state(result: Any) -> str:
    """A piece of evidence in words: `{"tests": {"sqlite": True}}` is `tests (sqlite yes)`."""
    if isinstance(result, dict):
        return ", ".join(
            f"{key} ({_state(value)})" if isinstance(value, dict) else f"{key} {_state(value)}"
            for key, value in result.items()
        )
    if isinstance(result, list):
        return "; ".join(_state(item) for item in result)
    words = {True: "yes", False: "no", None: "not run"}
    return words[result] if result is None or isinstance(result, bool) else str(result)


def _describe(change: Change, diff: str) -> dict[str, Any]:
    lines = [line for line in diff.splitlines() if not line.startswith(("+++ ", "--- "))]
    return {
        "path": change.path,
        "op": change.op,
        "added": sum(line.startswith("+") for line in lines),
        "removed": sum(line.startswith("-") for line in lines),
    }


def _shorten(file: dict[str, Any]) -> dict[str, Any]:
    """A file without what most files have in common: that it is created, and that nothing is removed from it."""
    usual = {"op": "create", "removed": 0}
    return {key: value for key, value in file.items() if usual.get(key) != value}


def _contents(changeset: ChangeSet, show: Sequence[str]) -> Iterator[str]:
    changes = {change.path: change for change in changeset.changes}
    for path in show:
        if path not in changes:
            raise UnknownNameError("file of this change set", path, changes)
        text = (changes[path].after or b"").decode("utf-8", errors="replace")
        yield f"=== {path}\n{text}" if text.endswith("\n") or not text else f"=== {path}\n{text}\n"


def _read_cursor(changeset: ChangeSet, cursor: str) -> int:
    if not cursor:
        return 0
    owner, _, offset = cursor.partition(":")
    if owner != changeset.id or not offset.isdecimal():
        raise InvalidInputError(f"cursor {cursor[:60]!r} is not one of change set {changeset.id}; call without it.")
    return int(offset)


def _cut(body: str, start: int, room: int | None) -> int:
    if room is None or len(body) - start <= room:
        return len(body)
    line_end = body.rfind("\n", start, start + room) + 1
    return line_end if line_end > start else start + room
