"""Where skills are found: in the package, in the folders that the user names, and in the project.

`LAYERWISE_SKILLS` holds folders of the user's choice, as PATH does. A project has skills in `.layerwise/skills`, and
where its setting `skills` says: folders inside the project. Each is a skill's folder or a folder of such.
"""

# Every prompt hook comes through here; pathlib would add a tenth to the time that it takes to start.
# ruff: noqa: PTH100, PTH111, PTH112, PTH113, PTH118, PTH119, PTH208

import os
from collections import namedtuple

from layerwise.assets import locate
from layerwise.errors import shorten
from layerwise.settings import read_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VARIABLE = "LAYERWISE_SKILLS"
PACKAGE = "package"
PROJECT = os.path.join(".layerwise", "skills")

_INDEX = "SKILL.md"


class SkillFolder(namedtuple("SkillFolder", "origin path")):
    """The folder of a skill, whose name is the skill's; `origin` says what led there, and "package" is ours."""

    __slots__ = ()
    origin: str
    path: str


class Found(namedtuple("Found", "folders refusals")):
    """The folders of skills, each name once, and a sentence for each that is left out."""

    __slots__ = ()
    folders: tuple[SkillFolder, ...]
    refusals: tuple[str, ...]


def find_skill_folders(roots: "Iterable[str]", environ: "Mapping[str, str]" = os.environ) -> Found:
    """The folders of the package, then those that the user names, then those of the projects in `roots`.

    The first that has a name keeps it: a later one of that name is refused, so that nobody's skill is swapped.
    """
    refusals: list[str] = []
    homes = [(PACKAGE, locate("skills"))]
    named = filter(None, environ.get(VARIABLE, "").split(os.pathsep))
    homes += [(VARIABLE, os.path.abspath(os.path.expanduser(path))) for path in named]
    for root in roots:
        homes += _list_homes(root, refusals)
    found = [SkillFolder(origin, path) for origin, home in homes for path in list_skills(home)]
    by_name: dict[str, SkillFolder] = {}
    for folder in found:
        first = by_name.setdefault(os.path.basename(folder.path), folder)
        if first is not folder and os.path.realpath(first.path) != os.path.realpath(folder.path):
            refusals.append(_refuse(folder.path, f"{first.path} has that name already; rename {folder.path}"))
    return Found(tuple(by_name.values()), tuple(refusals))


def list_skills(path: str) -> list[str]:
    """The skill in `path`, or those in folders below it; `path` itself when it is no folder, to be refused by name."""
    if not os.path.isdir(path) or os.path.isfile(os.path.join(path, _INDEX)):
        return [os.path.normpath(path)]
    names = sorted(name for name in os.listdir(path) if name[0] != "." and name != "__pycache__")
    return [home for name in names if os.path.isdir(home := os.path.join(path, name))]


def _list_homes(root: str, refusals: list[str]) -> list[tuple[str, str]]:
    """The folders inside the project where its skills are, each with what led there."""
    homes = [(PROJECT, PROJECT)] if os.path.lexists(os.path.join(root, PROJECT)) else []
    homes += _read_homes(root, refusals)
    real = os.path.realpath(root)
    found = []
    for origin, path in homes:
        home = os.path.join(root, path)
        if os.path.commonpath([real, os.path.realpath(home)]) == real:
            found.append((origin, home))
        else:
            refusals.append(_refuse(path, f"{origin} leads out of the project; a user may name it in {VARIABLE}"))
    return found


def _read_homes(root: str, refusals: list[str]) -> list[tuple[str, str]]:
    try:
        file, value = read_setting(root, "skills")
    except (OSError, ValueError) as error:
        refusals.append(f"The setting skills cannot be read: {shorten(str(error), 200)}.")
        return []
    paths = value if isinstance(value, list) else [value] if file else []
    named = [path for path in paths if isinstance(path, str) and path and "\0" not in path]
    if len(named) < len(paths):
        refusals.append(f"skills in {file} must be a list of folders inside the project.")
    return [(f"skills in {file}", path) for path in named]


def _refuse(path: str, reason: str) -> str:
    return f"Skill {shorten(os.path.basename(path))!r} is refused: {reason}."
