"""The journal: what each applied change set replaced, kept under `.layerwise/journal/` so that it can be put back.

An entry is a folder named `<number>-<change set id>` and, until it is finished, the state it is in. Renaming the folder
is what moves an entry from one state to the next, so that a crash leaves it in one or the other:

`.stage`  being written, or done with: nothing in the tree depends on it
`.open`   the tree is being changed: taken back when found unfinished
`.tidy`   the tree is changed: emptied folders remain to be removed
(none)    applied, can be undone
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from layerwise.changes.changeset import Change
from layerwise.changes.files import fingerprint, read_bytes, read_mode, sync_folder, write_new
from layerwise.changes.paths import JOURNAL, MANIFEST, check_path, locate
from layerwise.errors import ConflictError, LayerwiseError

State = Literal["stage", "open", "tidy", "applied"]

KEPT = 50

_NAME = re.compile(r"(\d{6,})-([0-9a-f]{12})(?:\.(stage|open|tidy))?")
_RECORD = "entry.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One file of an entry: SHA-256 before and after (None where it does not exist), permission bits before."""

    path: str
    before: str | None
    after: str | None
    mode: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An applied or unfinished change set. `made` are the folders it adds, parents first; `pruned` those that it may
    leave empty, to be removed, deepest first; `undoes` is the number of the entry that it takes back."""

    root: Path
    number: int
    id: str
    state: State
    steps: tuple[Step, ...] = ()
    made: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    undoes: int | None = None

    @property
    def name(self) -> str:
        suffix = "" if self.state == "applied" else f".{self.state}"
        return f"{JOURNAL}/{self.number:06}-{self.id}{suffix}"

    @property
    def folder(self) -> Path:
        return self.root / self.name

    def staged(self, index: int) -> Path:
        """Where the new bytes of a step wait; they are gone from there once they are in place."""
        return self.folder / "new" / str(index)

    def saved(self, index: int) -> Path:
        """Where the old bytes of a step are kept."""
        return self.folder / "old" / str(index)


def list_entries(root: Path) -> tuple[Entry, ...]:
    """The entries of a project's journal by number, their contents not yet read; a cheap look that writes nothing."""
    try:
        folders = [item for item in os.scandir(locate(root, JOURNAL)) if item.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return ()
    found = (_NAME.fullmatch(folder.name) for folder in folders)
    entries = [Entry(root, int(match[1]), match[2], _state_of(match[3])) for match in found if match]
    return tuple(sorted(entries, key=lambda entry: entry.number))


def read_entry(entry: Entry) -> Entry:
    """The entry with its contents. Raises ConflictError when its record is missing, damaged or names a hostile path."""
    try:
        for part in ("new/0", "old/0"):
            locate(entry.root, f"{entry.name}/{part}")
        data = json.loads(read_bytes(entry.folder / _RECORD) or b"")
        steps = tuple(_parse_step(row) for row in data["steps"])
        made, pruned = _parse_folders(data["made"]), _parse_folders(data["pruned"])
        undoes = None if data["undoes"] is None else int(data["undoes"])
    except (ValueError, KeyError, TypeError, LayerwiseError) as error:
        raise ConflictError(
            f"The journal entry {entry.name} is damaged, so it can be neither finished nor taken back. Compare the "
            f"files in its old/ folder with yours, then delete {entry.name}."
        ) from error
    return replace(entry, steps=steps, made=made, pruned=pruned, undoes=undoes)


def stage_entry(
    root: Path,
    id: str,  # noqa: A002
    changes: Sequence[Change],
    *,
    pruned: Sequence[str] = (),
    modes: Mapping[str, int] | None = None,
    undoes: int | None = None,
) -> Entry:
    """Write the old and new bytes of every change into a new entry, through to the disk; the tree stays as it is.

    `modes` gives the permission bits of files that come back.
    """
    number = max((entry.number for entry in list_entries(root)), default=0) + 1
    steps = tuple(_describe(root, change) for change in changes)
    made = _missing_folders(root, [change.path for change in changes if change.before is None])
    entry = Entry(root, number, id, "stage", steps, made, tuple(pruned), undoes)
    folder = entry.folder
    for part in (folder, folder / "new", folder / "old"):
        part.mkdir()
    for index, (change, step) in enumerate(zip(changes, steps, strict=True)):
        if change.before is not None:
            write_new(entry.saved(index), change.before, step.mode)
        if change.after is not None:
            write_new(entry.staged(index), change.after, step.mode if step.mode is not None else _mode(modes, step))
    write_new(folder / _RECORD, _dump(entry))
    for part in (folder / "new", folder / "old", folder):
        sync_folder(part)
    return entry


def advance(entry: Entry, state: State) -> Entry:
    """Move an entry to a state: one rename, through to the disk."""
    moved = replace(entry, state=state)
    entry.folder.replace(moved.folder)
    sync_folder(entry.folder.parent)
    return moved


def drop_entry(entry: Entry) -> None:
    """Remove an entry; a crash on the way leaves a rest that counts as done with."""
    done = entry if entry.state == "stage" else advance(entry, "stage")
    shutil.rmtree(done.folder)


def _state_of(suffix: str | None) -> State:
    match suffix:
        case "stage" | "open" | "tidy":
            return suffix
        case _:
            return "applied"


def _describe(root: Path, change: Change) -> Step:
    before, after = (None if side is None else fingerprint(side) for side in (change.before, change.after))
    return Step(change.path, before, after, read_mode(locate(root, change.path)))


def _mode(modes: Mapping[str, int] | None, step: Step) -> int | None:
    return modes.get(step.path) if modes else None


def _missing_folders(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    parents = {parent.as_posix() for path in paths for parent in Path(path).parents[:-1]}
    return tuple(sorted(folder for folder in parents if not locate(root, folder).exists()))


def _dump(entry: Entry) -> bytes:
    steps = [[step.path, step.before, step.after, step.mode] for step in entry.steps]
    data = {"steps": steps, "made": entry.made, "pruned": entry.pruned, "undoes": entry.undoes}
    return json.dumps(data, indent=1).encode()


def _parse_step(row: Any) -> Step:
    path, before, after, mode = row
    if not (isinstance(mode, int | None) and isinstance(before, str | None) and isinstance(after, str | None)):
        raise TypeError("a step holds a path, two hashes and a mode")
    if path != MANIFEST:
        check_path(path)
    return Step(path, before, after, mode)


def _parse_folders(rows: Any) -> tuple[str, ...]:
    for row in rows:
        check_path(row)
    return tuple(rows)
