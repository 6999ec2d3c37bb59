"""Skill files as resources, byte for byte, and the completion of their names."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from mcp.server.mcpserver.resources import Resource
from mcp.types import Annotations

from layerwise.errors import UnknownNameError
from layerwise.skills import Skill, Topic

TOPIC_TEMPLATE = "skill://{skill}/references/{topic}.md"

_MEDIA_TYPES = {".md": "text/markdown", ".toml": "application/toml", ".py": "text/x-python"}


class SkillFile(Resource):
    """One file of a skill, served as the bytes that are on disk."""

    file: Path

    async def read(self) -> str | bytes:
        """The file's text when it is UTF-8 without NUL, else its bytes."""
        content = self.file.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return content
        return content if "\0" in text else text


def build_resources(skills: Mapping[str, Skill]) -> list[SkillFile]:
    """A resource for every file of every skill, SKILL.md first."""
    return [
        _build_resource(skill, PurePosixPath(name))
        for skill in skills.values()
        for name in sorted(skill.files, key=lambda name: (name != "SKILL.md", name))
    ]


def locate(skill: Skill, path: str | PurePosixPath) -> str:
    """The URI of a file or folder of the skill; "." is the skill's own folder."""
    return "skill://" + "/".join(quote(part, safe="") for part in (skill.name, *PurePosixPath(path).parts))


def media_type(path: PurePosixPath) -> str:
    """The media type under which a skill's file is served."""
    return _MEDIA_TYPES.get(path.suffix, "text/plain")


def find_topic(skills: Mapping[str, Skill], skill: str, name: str) -> Topic:
    """The topic of that skill. Raises UnknownNameError for a skill or topic that is not there."""
    if skill not in skills:
        raise UnknownNameError("skill", skill, skills)
    topics = skills[skill].topics
    if name not in topics:
        raise UnknownNameError(f"topic of {skill}", name, topics)
    return topics[name]


def complete(skills: Mapping[str, Skill], argument: str, typed: str, skill: str = "") -> list[str]:
    """The names that begin with what was typed, for the arguments of TOPIC_TEMPLATE."""
    if argument == "skill":
        names = list(skills)
    elif argument == "topic":
        chosen = [skills[skill]] if skill in skills else list(skills.values())
        names = [name for each in chosen for name in each.topics]
    else:
        names = []
    return [name for name in dict.fromkeys(names) if name.startswith(typed)]


def _build_resource(skill: Skill, path: PurePosixPath) -> SkillFile:
    index = path.name == "SKILL.md"
    topic = skill.topics.get(path.stem) if path.parent.name == "references" else None
    return SkillFile(
        uri=locate(skill, path),
        name=skill.name if index else str(path),
        title=topic.title if topic else None,
        description=skill.description if index else topic.summary if topic else None,
        mime_type=media_type(path),
        annotations=Annotations(audience=["assistant"], priority=0.8 if index else 0.5),
        file=skill.folder / path,
    )
