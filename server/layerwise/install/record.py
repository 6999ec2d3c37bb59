"""What an installation did, kept in the manifest, so that it can be taken back exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerwise.changes.manifest import Manifest
from layerwise.install.merge import Path
from layerwise.install.piece import Layers
from layerwise.install.splice import Splice

_PREFIX = "install "


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of an installation: whether it was created, how it leads back (None when it cannot, because it was
    edited between two installations), and the containers that were made in it."""

    created: bool
    layers: Layers | None
    made: tuple[Path, ...]


def name_record(host: str) -> str:
    """The name under which the manifest keeps the installation into `host`."""
    return _PREFIX + host


def dump_records(host: str, files: Mapping[str, FileRecord]) -> dict[str, Any]:
    """The records as the manifest keeps them, JSON-ready."""
    return {
        "name": name_record(host),
        "files": {
            path: {
                "created": each.created,
                "layers": None
                if each.layers is None
                else [[[one.start, one.end, one.text] for one in layer] for layer in each.layers],
                "made": [list(way) for way in each.made],
            }
            for path, each in files.items()
        },
    }


def read_records(manifest: Manifest, host: str) -> dict[str, FileRecord]:
    """The records of the installation into `host` by path; none where it is not installed or its record is damaged."""
    generation = manifest.generations.get(name_record(host))
    try:
        rows = generation.record["files"] if generation else {}
        return {str(path): _parse(row) for path, row in rows.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def find_sharers(manifest: Manifest, host: str, path: str) -> list[str]:
    """The other hosts whose installation counts on `path`, which several read."""
    hosts = (name.removeprefix(_PREFIX) for name in manifest.generations if name.startswith(_PREFIX))
    return sorted(other for other in hosts if other != host and path in read_records(manifest, other))


def is_shared_creation(manifest: Manifest, path: str) -> bool:
    """Whether an installation that still stands, into whatever host, created `path`."""
    return any(read_records(manifest, host)[path].created for host in find_sharers(manifest, "", path))


def _parse(row: Any) -> FileRecord:
    layers = row["layers"]
    return FileRecord(
        created=bool(row["created"]),
        layers=None
        if layers is None
        else tuple(tuple(Splice(int(start), int(end), str(text)) for start, end, text in layer) for layer in layers),
        made=tuple(tuple(str(key) for key in way) for way in row["made"]),
    )
