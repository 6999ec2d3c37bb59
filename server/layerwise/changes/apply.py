"""Apply a change set: the preview's bytes, exactly, into the tree it was made for."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import reporting
from layerwise.changes.journal import list_entries
from layerwise.changes.lock import hold_lock
from layerwise.changes.manifest import change_manifest
from layerwise.changes.paths import HOUSE, JOURNAL, check_paths, locate, resolve_root
from layerwise.changes.transaction import find_stale, settle, transact
from layerwise.errors import ConflictError

LOCK_SECONDS = 5.0
UNTOUCHED = "Nothing was written. Put that right, then try again."


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written: the change set's id and the paths, relative to the root, by what happened to them.

    `notices` tell of an earlier interruption that was settled on the way.
    """

    id: str
    created: tuple[str, ...]
    modified: tuple[str, ...]
    deleted: tuple[str, ...]
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, id: str, changes: Iterable[Change], notices: tuple[str, ...]) -> Self:  # noqa: A002
        """The report on `changes`, written under the change set `id`."""
        paths: dict[str, list[str]] = {"create": [], "modify": [], "delete": []}
        for change in changes:
            paths[change.op].append(change.path)
        return cls(id, tuple(paths["create"]), tuple(paths["modify"]), tuple(paths["delete"]), notices)


def apply(changeset: ChangeSet, *, wait: float = LOCK_SECONDS) -> Applied:
    """Write a change set, and its record into the manifest, wholly or not at all.

    A root that does not exist yet is made. Waits up to `wait` seconds for another writer. Raises ConflictError when the
    set has issues, files are not as they were at the preview, or somebody else keeps writing; OutsideRootError or
    InvalidInputError for a path that may not be written; WriteError when the system refuses. After any of these the
    tree is as it was.
    """
    if changeset.issues:
        raise ConflictError(f"The change set has issues, so it is not applied: {' '.join(changeset.issues)}")
    check_paths(change.path for change in changeset.changes)
    root = resolve_root(changeset.root)
    with reporting(UNTOUCHED), hold_lock(root, wait):
        notices = settle(root)
        changes = [change for change in changeset.changes if change.before != change.after]
        if stale := find_stale(root, changes):
            raise ConflictError(
                f"Not as they were when change set {changeset.id} was made: {', '.join(stale)}. Nothing was written. "
                "Make the change set anew, then apply that one."
            )
        if manifest := change_manifest(changeset, root):
            changes.append(manifest)
        if changes:
            transact(root, changeset.id, changes, pruned=_emptied_folders(changeset.changes))
    return Applied.of(changeset.id, changes, notices)


def recover(root: Path, *, wait: float = LOCK_SECONDS) -> tuple[str, ...]:
    """Settle what an interrupted process left behind; without such, nothing is written. For doors to call at start.

    Gives a sentence for each change set that had been interrupted. Raises ConflictError when files were edited since,
    so that neither the old nor the new tree can be reached without a loss, or when somebody is writing for longer than
    `wait` seconds; WriteError when the system refuses.
    """
    root = resolve_root(root)
    with reporting("The next start tries again."):
        if not _is_unsettled(root):
            return ()
        with hold_lock(root, wait):
            return settle(root)


def _is_unsettled(root: Path) -> bool:
    house = locate(root, HOUSE)
    if not house.is_dir():
        return False
    names = {item.name for item in house.iterdir()}
    if entries := list_entries(root):
        return any(entry.state != "applied" for entry in entries)
    return not names or PurePosixPath(JOURNAL).name in names


def _emptied_folders(changes: Iterable[Change]) -> tuple[str, ...]:
    deleted = [PurePosixPath(change.path) for change in changes if change.after is None]
    folders = {parent.as_posix() for path in deleted for parent in path.parents if parent.name}
    return tuple(sorted(folders - {HOUSE}))
