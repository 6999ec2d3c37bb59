"""Take back an applied change set, byte for byte."""

from pathlib import Path

from layerwise.changes.apply import LOCK_SECONDS, UNTOUCHED, Applied
from layerwise.changes.changeset import Change
from layerwise.changes.files import fingerprint, read_bytes, reporting
from layerwise.changes.journal import Entry, list_entries, read_entry
from layerwise.changes.lock import hold_lock
from layerwise.changes.paths import locate, resolve_root
from layerwise.changes.transaction import settle, transact
from layerwise.errors import ConflictError, UnknownNameError


def undo(root: Path, id: str | None = None, *, wait: float = LOCK_SECONDS) -> Applied:  # noqa: A002
    """Take back the change set applied last, or the one named, and report what was written to do so.

    Raises UnknownNameError for an id that was not applied, ConflictError when nothing is left to undo, a file changed
    since, or somebody else keeps writing for `wait` seconds; WriteError when the system refuses. After any of these
    the tree is as it was.
    """
    root = resolve_root(root)
    if not list_entries(root):
        raise ConflictError(f"There is nothing to undo: no applied change set is kept for {root}.")
    with reporting(UNTOUCHED), hold_lock(root, wait):
        notices = settle(root)
        entries = list_entries(root)
        entry = read_entry(_choose(root, entries, id))
        changes = _invert(entry, entries)
        modes = {step.path: step.mode for step in entry.steps if step.mode is not None}
        transact(root, entry.id, changes, pruned=entry.made, modes=modes, undoes=entry.number)
    return Applied.of(entry.id, changes, notices)


def _choose(root: Path, entries: tuple[Entry, ...], id: str | None) -> Entry:  # noqa: A002
    named = [entry for entry in entries if id in (None, entry.id)]
    if named:
        return named[-1]
    if id is None:
        raise ConflictError(f"There is nothing to undo: no applied change set is kept for {root}.")
    raise UnknownNameError("applied change set", id, {entry.id for entry in entries}, hint="Leave it out for the last.")


def _invert(entry: Entry, entries: tuple[Entry, ...]) -> list[Change]:
    changes, changed = [], []
    for index, step in enumerate(entry.steps):
        actual = read_bytes(locate(entry.root, step.path))
        if (None if actual is None else fingerprint(actual)) != step.after:
            changed.append(step.path)
        changes.append(Change(step.path, actual, _read_saved(entry, index)))
    if changed:
        later = [other for other in entries if other.number > entry.number]
        touching = [other.id for other in later if {step.path for step in read_entry(other).steps} & set(changed)]
        first = f" Undo first: {', '.join(reversed(touching))}." if touching else ""
        raise ConflictError(
            f"Changed since change set {entry.id} was applied: {', '.join(changed)}. Nothing was written.{first}"
        )
    return changes


def _read_saved(entry: Entry, index: int) -> bytes | None:
    expected = entry.steps[index].before
    if expected is None:
        return None
    saved = read_bytes(entry.saved(index))
    if saved is None or fingerprint(saved) != expected:
        raise ConflictError(
            f"The old bytes of {entry.steps[index].path} in {entry.name} are damaged, so change set {entry.id} cannot "
            "be undone. Restore the files from version control."
        )
    return saved
