"""Compiled triggers, kept in the user's cache folder so that a prompt hook need not parse TOML."""

from __future__ import annotations

import json
import os
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


def read_compiled(skill: str, sources: list[bytes]) -> dict[str, Any] | None:
    """What was compiled from exactly these sources; None when that is not kept or not whole."""
    try:
        with open(_locate(skill), "rb") as file:
            head, _, body = file.read().partition(b"\n")
        if head != _sign(sources, body):
            return None
        compiled: dict[str, Any] = json.loads(body)
    except (OSError, ValueError, RecursionError, InvalidInputError):
        return None
    return compiled


def write_compiled(skill: str, sources: list[bytes], compiled: dict[str, Any]) -> None:
    """Keep `compiled`; a folder that cannot be written is no fault, only slower."""
    body = json.dumps(compiled, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    try:
        path = _locate(skill)
        staged = f"{path}.{os.getpid()}"
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(staged, "wb") as file:
            file.write(_sign(sources, body) + b"\n" + body)
        os.replace(staged, path)
    except (OSError, InvalidInputError):
        return


def _sign(sources: list[bytes], body: bytes) -> bytes:
    """Which release, and which state of the modules that compile, made `body` of which sources, whole."""
    here = os.path.dirname(__file__)
    stamps = [os.stat(os.path.join(here, name)).st_mtime_ns for name in _COMPILERS]
    contents = [f"{len(data)}-{crc32(data):08x}" for data in (*sources, body)]
    return f"layerwise {__version__} {stamps} {contents}".encode()


def _locate(skill: str) -> str:
    return os.path.join(locate_cache(), "triggers", f"{skill}.json")
