"""The catalog: every skill that is served, and why others are not."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from layerwise.detect.triggers import FILE
from layerwise.detect.triggers import load as load_triggers
from layerwise.errors import InvalidInputError
from layerwise.skill_folders import find_skill_folders
from layerwise.skills import Skill, load


@dataclass(frozen=True, slots=True)
class Catalog:
    """Skills by name, what led to each, and a sentence for every one that was refused."""

    skills: Mapping[str, Skill]
    origins: Mapping[str, str]
    refusals: tuple[str, ...]

    @property
    def trigger_folders(self) -> list[str]:
        """The folders of the skills that have triggers."""
        return [str(skill.folder) for skill in self.skills.values() if FILE in skill.files]


def load_catalog(roots: Iterable[Path] = (), environ: Mapping[str, str] = os.environ) -> Catalog:
    """The skills of the package, of the user and of the projects in `roots`; malformed ones are refused by name."""
    found = find_skill_folders(map(str, roots), environ)
    skills: dict[str, Skill] = {}
    origins: dict[str, str] = {}
    refusals = list(found.refusals)
    for folder in found.folders:
        try:
            skill = load_whole(Path(folder.path))
        except InvalidInputError as error:
            refusals.append(str(error))
            continue
        skills[skill.name] = skill
        origins[skill.name] = folder.origin
    return Catalog(skills, origins, tuple(refusals))


def load_whole(folder: Path) -> Skill:
    """The skill in `folder`, whose triggers are well-formed, too, where it has them.

    Raises InvalidInputError with the skill's name, the file at fault and the reason.
    """
    skill = load(folder)
    if FILE in skill.files:
        try:
            load_triggers(str(skill.folder))
        except InvalidInputError as error:
            raise InvalidInputError(f"Skill {skill.name!r} is refused: {error}") from error
    return skill
