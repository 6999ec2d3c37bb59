"""What a project's settings say: `.layerwise/settings.toml`, or `[tool.layerwise]` in `pyproject.toml`."""

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH118, PTH123

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GENERAL = ("hooks", "skills")
"""The settings that are read here; reviews have further ones, in `pyproject.toml` only."""

_MOST_BYTES = 1_000_000
# A settings file and the table in it that is Layerwise's own; the first that has the setting decides.
_FILES = ((os.path.join(".layerwise", "settings.toml"), ()), ("pyproject.toml", ("tool", "layerwise")))


def read_setting(root: str, key: str) -> tuple[str, object]:
    """The file that has the setting `key` for the project in `root`, and its value; ("", None) when none has it.

    Raises OSError or ValueError for a file that cannot be read.
    """
    for name, table in _FILES:
        if (found := _read(os.path.join(root, name), table, key)) is not None:
            return name, found
    return "", None


def _read(path: str, table: tuple[str, ...], key: str) -> object:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    # Parsing TOML takes longer than all else that a prompt hook does, so most files are dismissed by their words.
    if not all(part.encode() in data for part in (*table, key)):
        return None
    import tomllib

    settings: Any = tomllib.loads(data.decode("utf-8"))
    for part in table:
        settings = settings.get(part, {}) if isinstance(settings, dict) else {}
    return settings.get(key) if isinstance(settings, dict) else None
