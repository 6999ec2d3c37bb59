"""Where things are: the shipped `skills/` and `templates/`, and the user's cache folder.

The shipped folders lie beside the package when installed, two parents up in a checkout.
"""

# Every prompt hook comes through here; pathlib and typing would each add a tenth to the time that it takes to start.
# ruff: noqa: PTH100, PTH111, PTH112, PTH117, PTH118, PTH120

import os.path

from layerwise.errors import InvalidInputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_HOMES = (os.path.join(_PACKAGE, "_shipped"), os.path.dirname(os.path.dirname(_PACKAGE)))


def locate(name: str) -> str:
    """The path of the folder `name` ("skills" or "templates").

    Raises FileNotFoundError when the installation lacks it.
    """
    for home in _HOMES:
        if os.path.isdir(path := os.path.join(home, name)):
            return path
    raise FileNotFoundError(f"{name}/ is in none of: {', '.join(_HOMES)}; reinstall layerwise")


def folder(name: str) -> "Path":
    """Like `locate`, as a Path."""
    from pathlib import Path

    return Path(locate(name))


def locate_cache() -> str:
    """The user's cache folder for Layerwise: LAYERWISE_CACHE_DIR, else below XDG_CACHE_HOME, else below ~/.cache.

    Raises InvalidInputError when none is set and no home folder is known.
    """
    if chosen := os.environ.get("LAYERWISE_CACHE_DIR"):
        return os.path.abspath(chosen)
    shared = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(shared):
        return os.path.join(shared, "layerwise")
    home = os.path.expanduser("~")
    if home == "~":
        raise InvalidInputError("No home folder is known. Set LAYERWISE_CACHE_DIR to a folder to keep previews in.")
    return os.path.join(home, ".cache", "layerwise")
