"""Pending change sets: kept between preview and apply, in the user's cache folder and so outside the project."""

import base64
import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from layerwise.assets import locate_cache
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import WriteError, fingerprint
from layerwise.errors import ConflictError, InvalidInputError, UnknownNameError

KEPT = 50

_ID = re.compile(r"[0-9a-f]{12}")
_TEXTS = ("issues", "warnings", "notices", "next_steps")


def find_cache() -> Path:
    """The user's cache folder for Layerwise. Raises InvalidInputError when no home folder is known."""
    return Path(locate_cache())


def save(changeset: ChangeSet) -> str:
    """Keep a change set for a later `load` and give its id; the oldest beyond 50 of the same root are forgotten.

    Raises InvalidInputError when its record or evidence is not JSON-ready, WriteError when the cache folder refuses.
    """
    folder = _folder_of(changeset.root)
    try:
        text = json.dumps(_to_document(changeset))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"The change set's record and evidence must be JSON-ready: {error}.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, suffix=".part", delete=False) as file:
            file.write(text)
        Path(file.name).replace(folder / f"{changeset.id}.json")
    except OSError as error:
        raise WriteError(
            f"The preview cannot be kept in {folder}: {error.strerror}. Set LAYERWISE_CACHE_DIR to a writable folder."
        ) from error
    _forget_old(folder)
    return changeset.id


def load(id: str, root: Path) -> ChangeSet:  # noqa: A002
    """The change set that was saved for `root` under `id`, its contents verified against the id.

    Raises UnknownNameError naming the ids known for this root, ConflictError when what was kept is damaged.
    """
    folder = _folder_of(root)
    path = folder / f"{id}.json"
    if not (isinstance(id, str) and _ID.fullmatch(id) and path.is_file()):
        hint = "Change sets belong to the root they were made for; preview again to make a new one."
        raise UnknownNameError("pending change set", str(id), (item.stem for item in folder.glob("*.json")), hint=hint)
    try:
        changeset = _from_document(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConflictError(f"The pending change set {id} is damaged ({path}). Preview again.") from error
    if changeset.id != id or _key_of(changeset.root) != _key_of(root):
        raise ConflictError(f"The pending change set {id} does not match its id or root ({path}). Preview again.")
    return changeset


def _folder_of(root: Path) -> Path:
    return find_cache() / "changesets" / _key_of(root)


def _key_of(root: Path) -> str:
    return fingerprint(os.fsencode(os.path.realpath(root)))[:16]


def _forget_old(folder: Path) -> None:
    with suppress(OSError):
        kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def _to_document(changeset: ChangeSet) -> dict[str, Any]:
    return {
        "root": str(changeset.root),
        "changes": [[change.path, _encode(change.before), _encode(change.after)] for change in changeset.changes],
        **{name: getattr(changeset, name) for name in _TEXTS},
        "evidence": changeset.evidence,
        "record": changeset.record,
    }


def _from_document(document: Any) -> ChangeSet:
    texts = {name: tuple(str(text) for text in document[name]) for name in _TEXTS}
    evidence, record = document["evidence"], document["record"]
    if not (isinstance(evidence, Mapping) and isinstance(record, Mapping)):
        raise TypeError("evidence and record are objects")
    changes = tuple(Change(str(path), _decode(before), _decode(after)) for path, before, after in document["changes"])
    return ChangeSet(Path(document["root"]), changes, **texts, evidence=evidence, record=record)


def _encode(side: bytes | None) -> str | None:
    return None if side is None else base64.b64encode(side).decode("ascii")


def _decode(side: str | None) -> bytes | None:
    return None if side is None else base64.b64decode(side, validate=True)
