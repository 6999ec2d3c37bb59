"""The manifest: which files were generated, from which wish, and the hash of what was written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import fingerprint, read_bytes
from layerwise.changes.paths import MANIFEST, locate
from layerwise.errors import InvalidInputError, shorten

_VERSION = 1
_NEXT = "Restore it from version control, or delete it to let Layerwise forget what it generated."


@dataclass(frozen=True, slots=True)
class Generation:
    """One thing that was generated: the record it came with, the files it created and those of others it edited."""

    record: Mapping[str, Any]
    created: tuple[str, ...]
    edited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Generations by name, and for every file of theirs the SHA-256 of what Layerwise last wrote there."""

    generations: Mapping[str, Generation] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)

    def made_by(self, blueprint: str) -> dict[str, Generation]:
        """The generations that a blueprint made, by name."""
        return {
            name: generation
            for name, generation in self.generations.items()
            if generation.record.get("blueprint") == blueprint
        }


def read_manifest(root: Path) -> Manifest:
    """The manifest of a project, empty where there is none. Raises InvalidInputError when the file is malformed."""
    return parse_manifest(read_bytes(locate(root, MANIFEST)))


def parse_manifest(data: bytes | None) -> Manifest:
    """The manifest that `data` holds. Raises InvalidInputError saying what is malformed."""
    if data is None:
        return Manifest()
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{MANIFEST} is not JSON: {error}. {_NEXT}") from error
    version = document.get("version") if isinstance(document, dict) else None
    if version != _VERSION:
        raise InvalidInputError(f"{MANIFEST} has version {version!r}; this Layerwise reads {_VERSION}. {_NEXT}")
    rows, hashes = document.get("generations"), document.get("hashes")
    if not _is_text_map(hashes) or not isinstance(rows, dict):
        raise InvalidInputError(f"{MANIFEST} needs 'generations' and 'hashes', each an object. {_NEXT}")
    return Manifest({name: _parse_generation(name, row) for name, row in rows.items()}, hashes)


def dump_manifest(manifest: Manifest) -> bytes | None:
    """The manifest as stable JSON, a path a line, so that branches merge; None when nothing is recorded."""
    if not manifest.generations:
        return None
    document = {
        "version": _VERSION,
        "generations": {
            name: {"record": generation.record, "created": generation.created, "edited": generation.edited}
            for name, generation in manifest.generations.items()
        },
        "hashes": manifest.hashes,
    }
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def amend_manifest(manifest: Manifest, changeset: ChangeSet) -> Manifest:
    """The manifest once the change set is applied.

    A record with a `name` adds that generation or brings it up to date; `{"removes": name}` forgets it. Several at once
    come as `{"records": [...]}`, each with the paths that it `created`, `edited`, and `released` of the edited ones. An
    empty record changes nothing. Raises InvalidInputError for any other record.
    """
    record = changeset.record
    if not record:
        return manifest
    generations = dict(manifest.generations)
    for part in record.get("records", [record]):
        match part:
            case {"removes": str(name)}:
                generations.pop(name, None)
            case {"name": str(name)} if name:
                generations[name] = _merge(generations.get(name), part, changeset.changes)
            case _:
                raise InvalidInputError("A change set's record needs a 'name', or 'removes' with the name to forget.")
    deleted = {change.path for change in changeset.changes if change.after is None}
    generations = {name: _without(generation, deleted) for name, generation in generations.items()}
    written = {
        change.path: fingerprint(change.after)
        for change in changeset.changes
        if change.after is not None and not _was_edited(manifest, change)
    }
    listed = {path for generation in generations.values() for path in (*generation.created, *generation.edited)}
    hashes = {path: digest for path, digest in {**manifest.hashes, **written}.items() if path in listed}
    return Manifest(generations, hashes)


def change_manifest(changeset: ChangeSet, root: Path) -> Change | None:
    """The change of the manifest file that goes with a change set, None when it stays as it is."""
    before = read_bytes(locate(root, MANIFEST))
    if not changeset.record:
        return None
    after = dump_manifest(amend_manifest(parse_manifest(before), changeset))
    return None if after == before else Change(MANIFEST, before, after)


def _merge(known: Generation | None, record: Mapping[str, Any], changes: Sequence[Change]) -> Generation:
    made = record.get("created", [change.path for change in changes if change.before is None])
    touched = record.get("edited", [change.path for change in changes])
    created = {*(known.created if known else ()), *made}
    edited = {*(known.edited if known else ()), *touched}
    kept = {key: value for key, value in record.items() if key not in ("created", "edited", "released")}
    return Generation(kept, tuple(sorted(created)), tuple(sorted(edited - created - set(record.get("released", ())))))


def _was_edited(manifest: Manifest, change: Change) -> bool:
    """Whether somebody else had changed the file: it stays marked as edited, whatever is added to it."""
    known = manifest.hashes.get(change.path)
    return change.before is not None and known is not None and fingerprint(change.before) != known


def _without(generation: Generation, paths: set[str]) -> Generation:
    created, edited = (
        tuple(path for path in side if path not in paths) for side in (generation.created, generation.edited)
    )
    return replace(generation, created=created, edited=edited)


def _parse_generation(name: str, row: Any) -> Generation:
    match row:
        case {"record": dict(record), "created": list(created), "edited": list(edited)}:
            if all(isinstance(path, str) for path in (*created, *edited)):
                return Generation(record, tuple(created), tuple(edited))
    raise InvalidInputError(
        f"{MANIFEST}: generation {shorten(name)!r} needs 'record', an object, and 'created' and 'edited', lists of "
        f"paths. {_NEXT}"
    )


def _is_text_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
