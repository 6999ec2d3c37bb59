"""Whether hooks speak in a project: `auto`, `suggest` or `off`."""

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH118, PTH123

import os
from collections.abc import Mapping
from typing import Any

from layerwise.errors import InvalidInputError, nearest, shorten

VARIABLE = "LAYERWISE_HOOKS"
MODES = ("auto", "suggest", "off")

_MOST_BYTES = 1_000_000
# A settings file and the table in it that is Layerwise's own; the first that names a mode decides.
_SETTINGS = ((os.path.join(".layerwise", "settings.toml"), ()), ("pyproject.toml", ("tool", "layerwise")))


def read_mode(root: str, environ: Mapping[str, str] = os.environ) -> str:
    """The mode of the project in the folder `root`: what LAYERWISE_HOOKS says, else its settings, else `auto`.

    Raises InvalidInputError for any other word, OSError or ValueError for settings that cannot be read.
    """
    if named := environ.get(VARIABLE):
        return _check(VARIABLE, named)
    for name, table in _SETTINGS:
        if (found := _read_setting(os.path.join(root, name), table)) is not None:
            return _check(f"hooks in {name}", found)
    return "auto"


def _read_setting(path: str, table: tuple[str, ...]) -> object:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not all(part.encode() in data for part in (*table, "hooks")):
        return None
    import tomllib

    settings: Any = tomllib.loads(data.decode("utf-8"))
    for part in table:
        settings = settings.get(part, {})
    return settings.get("hooks")


def _check(where: str, value: object) -> str:
    mode = value.strip().lower() if isinstance(value, str) else str(value)
    if mode in MODES:
        return mode
    hint = f" Did you mean {match!r}?" if (match := nearest(mode, MODES)) else ""
    raise InvalidInputError(f"{where} is {shorten(mode)!r}.{hint} Allowed: {', '.join(MODES)}.")
