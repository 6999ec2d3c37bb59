"""Overrides: template files of a project that stand in for the shipped ones at the same path."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layerwise import assets
from layerwise.changes.files import read_bytes
from layerwise.changes.paths import HOUSE, locate
from layerwise.errors import InvalidInputError, nearest

FOLDER = f"{HOUSE}/templates"
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Overrides:
    """Texts of templates by their path under `templates/`; `used` fills with those that a rendering took."""

    texts: Mapping[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def list_shipped() -> tuple[str, ...]:
    """The shipped templates by their path under `templates/`, sorted."""
    home = assets.folder("templates")
    return tuple(sorted(path.relative_to(home).as_posix() for path in home.rglob("*.jinja")))


def read_overrides(root: Path) -> Overrides:
    """The templates that a project has of its own.

    Raises InvalidInputError naming a file that replaces nothing, is too large or no UTF-8; OutsideRootError for a link.
    """
    home = locate(root, FOLDER)
    if not home.is_dir():
        return Overrides()
    shipped = list_shipped()
    texts = {}
    for folder, _, names in os.walk(home):
        for name in sorted(names):
            path = Path(folder, name).relative_to(home).as_posix()
            if path not in shipped:
                raise InvalidInputError(_say_stray(path, shipped))
            texts[path] = _read(root, f"{FOLDER}/{path}")
    return Overrides(texts)


def _read(root: Path, path: str) -> str:
    data = read_bytes(locate(root, path)) or b""
    if len(data) > MOST_BYTES:
        raise InvalidInputError(f"{path} is larger than {MOST_BYTES:,} bytes, which no template is.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not UTF-8 (byte {error.start}); convert it first.") from error


def _say_stray(path: str, shipped: tuple[str, ...]) -> str:
    match = nearest(path, shipped)
    hint = f" Did you mean {match!r}?" if match else ""
    return f"{FOLDER}/{path} replaces no template.{hint} `layerwise templates list` shows what can be replaced."
