"""Compiled triggers, kept in the user's cache folder so that a prompt hook need not parse TOML."""

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH103, PTH105, PTH111, PTH116, PTH118, PTH120, PTH123

import json
import os
from binascii import crc32
from typing import Any

from layerwise import __version__

_COMPILERS = ("triggers.py", "words.py", "paths.py")


def read_compiled(skill: str, sources: list[str]) -> dict[str, Any] | None:
    """What was compiled from exactly these sources; None when that is not kept or not whole."""
    try:
        with open(_locate(skill), encoding="utf-8", newline="") as file:
            head, _, body = file.read().partition("\n")
        if head != _sign(body):
            return None
        kept = json.loads(body)
    except (OSError, ValueError, RecursionError):
        return None
    return kept["compiled"] if kept["sources"] == sources else None


def write_compiled(skill: str, sources: list[str], compiled: dict[str, Any]) -> None:
    """Keep `compiled`; a folder that cannot be written is no fault, only slower."""
    path = _locate(skill)
    staged = f"{path}.{os.getpid()}"
    body = json.dumps({"sources": sources, "compiled": compiled}, ensure_ascii=False)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(staged, "w", encoding="utf-8", newline="") as file:
            file.write(f"{_sign(body)}\n{body}")
        os.replace(staged, path)
    except (OSError, UnicodeEncodeError):
        return


def _sign(body: str) -> str:
    """Which release, and which state of the modules that compile, wrote `body`, and that it is whole."""
    here = os.path.dirname(__file__)
    stamps = " ".join(str(os.stat(os.path.join(here, name)).st_mtime_ns) for name in _COMPILERS)
    return f"layerwise {__version__} {stamps} {crc32(body.encode('utf-8', 'surrogatepass')):08x}"


def _locate(skill: str) -> str:
    home = os.environ.get("LAYERWISE_CACHE_DIR")
    if not home:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        home = os.path.join(base, "layerwise")
    return os.path.join(home, "triggers", f"{skill}.json")
