"""Where the shipped `skills/` and `templates/` are: beside the package when installed, two parents up in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_HOMES = (_PACKAGE / "_shipped", _PACKAGE.parents[1])


def folder(name: str) -> Path:
    """The folder `name` ("skills" or "templates").

    Raises FileNotFoundError when the installation lacks it.
    """
    for home in _HOMES:
        if (path := home / name).is_dir():
            return path
    raise FileNotFoundError(f"{name}/ is in none of: {', '.join(map(str, _HOMES))}; reinstall layerwise")
