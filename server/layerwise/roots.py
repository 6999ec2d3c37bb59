"""The project roots that a door may look at, and the choice of one of them. Nothing outside a root is ever read."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from layerwise.changes.paths import resolve_inside
from layerwise.errors import InvalidInputError, OutsideRootError, shorten

# What hosts set to the folder that the user has open, most specific first.
_HOST_VARIABLES = ("LAYERWISE_PROJECT_DIR", "CLAUDE_PROJECT_DIR", "GEMINI_PROJECT_DIR", "CURSOR_PROJECT_DIR")


@dataclass(frozen=True, slots=True)
class Roots:
    """At least one folder, resolved; the first is the default."""

    paths: tuple[Path, ...]

    def choose(self, project: str = "") -> Path:
        """The folder that `project` names: the first root when empty, else a folder inside one of the roots.

        Raises OutsideRootError when it leads out of every root, InvalidInputError when it is no folder.
        """
        if not project:
            return self.paths[0]
        listed = ", ".join(str(root) for root in self.paths)
        inside = []
        for root in self.paths:
            with suppress(OutsideRootError):
                inside.append(resolve_inside(root, project))
        if not inside:
            raise OutsideRootError(
                f"project {shorten(project)!r} is outside the project roots ({listed}); "
                "give a folder inside one of them, or restart the server with --root FOLDER."
            )
        for path in inside:
            if path.is_dir():
                return path
        raise InvalidInputError(f"project {shorten(project)!r} is not a folder inside {listed}.")


def find_roots(given: Iterable[str], environ: Mapping[str, str] = os.environ, *, new: bool = False) -> Roots:
    """The roots named on the command line, else the one that the host names, else the working directory.

    With `new` a root may not be there yet. Raises InvalidInputError when a root is no folder.
    """
    names = list(given) or [value for name in _HOST_VARIABLES if (value := environ.get(name))][:1] or ["."]
    paths = []
    for name in names:
        path = Path(name).expanduser().resolve()
        if not path.is_dir() and (path.exists() or not new):
            raise InvalidInputError(f"root {shorten(name)!r} is not a folder; create it first or name another.")
        paths.append(path)
    return Roots(tuple(dict.fromkeys(paths)))
