"""Triggers of a skill: `triggers.toml` and, where weights were learned, `weights.toml` beside it, read and compiled.

The form of the two files is told in `layerwise.detect.compiler`, which is only needed where nothing compiled is kept.
"""

from __future__ import annotations

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH116, PTH118, PTH119, PTH123
import os

from layerwise.detect.cache import read_compiled, write_compiled
from layerwise.errors import InvalidInputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    TriggerSet = dict[str, Any]


FILE = "triggers.toml"
WEIGHTS = "weights.toml"
MAX_BYTES = 512 * 1024

_loaded: dict[str, tuple[tuple[tuple[int, int], ...], TriggerSet]] = {}


def load(folder: str) -> TriggerSet:
    """The compiled triggers of the skill in `folder`, as plain data; kept until one of the two files changes.

    Raises InvalidInputError, naming file, row and key, when they are missing or malformed.
    """
    stamps = tuple(_stamp(os.path.join(folder, name)) for name in (FILE, WEIGHTS))
    kept = _loaded.get(folder)
    if kept and kept[0] == stamps:
        return kept[1]
    sources = [_read_file(os.path.join(folder, name), required=name == FILE) for name in (FILE, WEIGHTS)]
    skill = os.path.basename(os.path.normpath(folder))
    compiled = read_compiled(skill, sources)
    if compiled is None:
        from layerwise.detect.compiler import compile_triggers

        compiled = compile_triggers(skill, *sources)
        write_compiled(skill, sources, compiled)
    _loaded[folder] = (stamps, compiled)
    return compiled


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)


def _read_file(path: str, *, required: bool) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if not required:
            return b""
        raise InvalidInputError(f"{path} is missing; a skill's triggers are in it.") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise InvalidInputError(f"{path} is longer than {MAX_BYTES // 1024} KiB; split the skill.")
    return data
