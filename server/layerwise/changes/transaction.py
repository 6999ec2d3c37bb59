"""Bringing a tree from one state to another, wholly or not at all."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from layerwise.changes.changeset import Change
from layerwise.changes.files import WriteError, fingerprint, read_bytes, reporting, sync_folder
from layerwise.changes.journal import KEPT, Entry, advance, drop_entry, list_entries, read_entry, stage_entry
from layerwise.changes.paths import JOURNAL, locate
from layerwise.errors import ConflictError, LayerwiseError

_AS_IT_WAS = "The tree is as it was. Put that right, then try again."
_IN_PLACE = "The changes are in place all the same; the next start tidies up."
_CACHE = "__pycache__"


def find_stale(root: Path, changes: Sequence[Change]) -> tuple[str, ...]:
    """What does not hold the bytes that the changes start from: each path, with how it differs."""
    found = []
    for change in changes:
        actual = read_bytes(locate(root, change.path))
        if actual != change.before:
            how = "exists already" if change.before is None else "is gone" if actual is None else "was edited"
            found.append(f"{change.path} ({how})")
    return tuple(found)


def transact(
    root: Path,
    id: str,  # noqa: A002
    changes: Sequence[Change],
    *,
    pruned: Sequence[str] = (),
    modes: Mapping[str, int] | None = None,
    undoes: int | None = None,
) -> None:
    """Write all changes, or none. The caller holds the lock and has settled what was unfinished.

    `pruned` are folders to remove when they are left empty, `modes` the permission bits of files that come back,
    `undoes` the number of the entry that goes when this one is through. Raises ConflictError when a file changed
    meanwhile and WriteError when the system refuses; whatever is raised before the last step, the tree is as it was.
    """
    try:
        entry = stage_entry(root, id, changes, pruned=pruned, modes=modes, undoes=undoes)
        _commit(advance(entry, "open"), changes)
    except BaseException as failure:
        is_complete = any(entry.state == "tidy" for entry in list_entries(root))
        _settle_after(root, failure)
        with reporting(_IN_PLACE if is_complete else _AS_IT_WAS):
            raise
    with reporting(_IN_PLACE):
        settle(root, is_retry=False)


def settle(root: Path, *, is_retry: bool = True) -> tuple[str, ...]:
    """Finish or take back what an interrupted process left in the journal; the caller holds the lock.

    Gives a sentence for each change set that had been interrupted. Raises ConflictError, having written nothing, when
    files were edited after the interruption so that neither the old nor the new tree can be reached without a loss. An
    empty folder that cannot be removed is an OSError, but left where it is on a retry, so as not to fail for ever.
    """
    told = []
    for entry in list_entries(root):
        match entry.state:
            case "stage":
                drop_entry(entry)
            case "open":
                _roll_back(read_entry(entry), is_retry)
                told.append(f"Change set {entry.id} had been interrupted; the tree was put back as it was before.")
            case "tidy":
                _finish(read_entry(entry), is_retry)
                told.append(f"Change set {entry.id} had been interrupted; its last step was completed.")
    applied = [entry for entry in list_entries(root) if entry.state == "applied"]
    for entry in applied[:-KEPT]:
        drop_entry(entry)
    return tuple(told)


def _commit(entry: Entry, changes: Sequence[Change]) -> None:
    root = entry.root
    for folder in entry.made:
        locate(root, folder).mkdir()
    for index, change in enumerate(changes):
        if stale := find_stale(root, [change]):
            raise ConflictError(f"{stale[0]} while the change set was being applied. The tree is as it was.")
        target = locate(root, change.path)
        if change.after is None:
            target.unlink()
        else:
            entry.staged(index).replace(target)
    _sync_tree(entry)
    advance(entry, "tidy")


def _settle_after(root: Path, failure: BaseException) -> None:
    try:
        settle(root, is_retry=False)
    except (OSError, LayerwiseError) as error:
        raise WriteError(
            f"{failure} Settling the tree failed too: {error} The next start tries again; until then some files may "
            f"hold the new bytes, and the old ones are kept in {root / JOURNAL}."
        ) from failure


def _roll_back(entry: Entry, is_retry: bool) -> None:
    if edited := _find_edited(entry):
        raise ConflictError(
            f"Change set {entry.id} was interrupted, and since then {', '.join(edited)} changed, so the tree cannot be "
            f"put back without losing that. The old bytes are in {entry.name}/old. Restore what you need, then delete "
            f"{entry.name} to keep the tree as it stands."
        )
    for index, step in reversed(list(enumerate(entry.steps))):
        target = locate(entry.root, step.path)
        if step.after is not None and entry.staged(index).exists():
            continue
        if step.before is None:
            target.unlink(missing_ok=True)
        elif entry.saved(index).exists() and _fingerprint_at(target) in (step.after, None):
            if not target.parent.exists():
                target.parent.mkdir(parents=True)
            entry.saved(index).replace(target)
    _prune(entry.root, entry.made, is_retry)
    _sync_tree(entry)
    drop_entry(entry)


def _find_edited(entry: Entry) -> list[str]:
    """Files that were replaced and hold neither their old nor their new bytes any more."""
    return [
        step.path
        for index, step in enumerate(entry.steps)
        if step.after is not None
        and not entry.staged(index).exists()
        and _fingerprint_at(locate(entry.root, step.path)) not in (step.before, step.after, None)
    ]


def _finish(entry: Entry, is_retry: bool) -> None:
    _prune(entry.root, entry.pruned, is_retry)
    if entry.undoes is None:
        advance(entry, "applied")
        return
    for other in list_entries(entry.root):
        if other.number == entry.undoes:
            drop_entry(other)
    drop_entry(entry)


def _prune(root: Path, folders: Sequence[str], is_retry: bool) -> None:
    """Remove the folders that hold nothing, or nothing but what Python compiled from files that went."""
    for folder in sorted(folders, key=lambda path: path.count("/"), reverse=True):
        place = locate(root, folder)
        with suppress(OSError if is_retry else FileNotFoundError):
            names = [item.name for item in place.iterdir()]
            if names == [_CACHE]:
                shutil.rmtree(place / _CACHE)
            if names in ([], [_CACHE]):
                place.rmdir()


def _sync_tree(entry: Entry) -> None:
    paths = [step.path for step in entry.steps] + list(entry.made)
    for folder in sorted({locate(entry.root, path).parent for path in paths}):
        if folder.is_dir():
            sync_folder(folder)


def _fingerprint_at(path: Path) -> str | None:
    data = read_bytes(path)
    return None if data is None else fingerprint(data)
