"""Whether hooks speak in a project: `auto`, `suggest` or `off`."""

import os
from collections.abc import Mapping

from layerwise.errors import InvalidInputError, nearest, shorten
from layerwise.settings import read_setting

VARIABLE = "LAYERWISE_HOOKS"
MODES = ("auto", "suggest", "off")


def read_mode(root: str, environ: Mapping[str, str] = os.environ) -> str:
    """The mode of the project in the folder `root`: what LAYERWISE_HOOKS says, else its settings, else `auto`.

    Raises InvalidInputError for any other word, OSError or ValueError for settings that cannot be read.
    """
    if named := environ.get(VARIABLE):
        return _check(VARIABLE, named)
    file, found = read_setting(root, "hooks")
    return _check(f"hooks in {file}", found) if file else "auto"


def _check(where: str, value: object) -> str:
    mode = value.strip().lower() if isinstance(value, str) else str(value)
    if mode in MODES:
        return mode
    hint = f" Did you mean {match!r}?" if (match := nearest(mode, MODES)) else ""
    raise InvalidInputError(f"{where} is {shorten(mode)!r}.{hint} Allowed: {', '.join(MODES)}.")
