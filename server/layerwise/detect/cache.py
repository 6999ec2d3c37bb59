"""Compiled triggers, kept in the user's cache folder so that a prompt hook need not parse TOML.

They are kept as Python keeps its own compiled modules, by `marshal`: it reads them three times as fast as JSON is read.
A damaged file of it could do harm, so a file that another user could have written, or that is not whole, is not read.
"""

from __future__ import annotations

import marshal
import os
import sys
from binascii import crc32

from layerwise import __version__
from layerwise.assets import locate_cache
from layerwise.errors import InvalidInputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH103, PTH105, PTH116, PTH118, PTH120, PTH123

_COMPILERS = ("compiler.py", "words.py", "paths.py", "intent.py")
_OTHERS_MAY_WRITE = 0o022


def read_compiled(skill: str, sources: list[bytes]) -> dict[str, Any] | None:
    """What was compiled from exactly these sources; None when that is not kept, not whole or not the user's own."""
    try:
        with open(_locate(skill), "rb") as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            head, _, body = file.read().partition(b"\n")
        if head != _sign(sources, body):
            return None
        compiled: dict[str, Any] = marshal.loads(body)
    except (OSError, ValueError, EOFError, TypeError, InvalidInputError):
        return None
    return compiled


def write_compiled(skill: str, sources: list[bytes], compiled: dict[str, Any]) -> None:
    """Keep `compiled`; a folder that cannot be written is no fault, only slower."""
    body = marshal.dumps(_share(compiled, {}))
    try:
        path = _locate(skill)
        staged = f"{path}.{os.getpid()}"
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(staged, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(_sign(sources, body) + b"\n" + body)
        os.replace(staged, path)
    except (OSError, InvalidInputError):
        return


def _share(value: Any, seen: dict[Any, Any]) -> Any:
    """`value` with equal texts and numbers as one object, which is written and read once: that is a third faster."""
    if isinstance(value, dict):
        return {_share(key, seen): _share(item, seen) for key, item in value.items()}
    if isinstance(value, list):
        return [_share(item, seen) for item in value]
    return seen.setdefault((type(value), value), value)


def _is_own(found: os.stat_result) -> bool:
    """Whether nobody but the user could have written a file; Windows keeps others out of the user's folders itself."""
    return sys.platform == "win32" or (found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_MAY_WRITE)


def _sign(sources: list[bytes], body: bytes) -> bytes:
    """Which release, and which state of the modules that compile, made `body` of which sources, whole."""
    here = os.path.dirname(__file__)
    stamps = [os.stat(os.path.join(here, name)).st_mtime_ns for name in _COMPILERS]
    contents = [f"{len(data)}-{crc32(data):08x}" for data in (*sources, body)]
    return f"layerwise {__version__} {stamps} {contents}".encode()


def _locate(skill: str) -> str:
    return os.path.join(locate_cache(), "triggers", f"{skill}.{sys.implementation.cache_tag}")
