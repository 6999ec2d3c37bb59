"""Library: the topics of all skills under the addresses by which readers ask for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.guide import search
from layerwise.skills import Section, Skill, Topic


@dataclass(frozen=True, slots=True)
class Choice:
    """A section that may be handed out, and the topic that it is of."""

    name: str
    topic: Topic
    section: Section

    @property
    def address(self) -> str:
        return f"{self.name}#{self.section.anchor}"


@dataclass(frozen=True, slots=True)
class Library:
    """`topics` by address: the topic's name, or `skill/topic` where an earlier skill has one of that name."""

    topics: Mapping[str, Topic]
    index: search.Index

    def list_sections(self, name: str) -> list[Choice]:
        """The sections of topic `name` in file order."""
        topic = self.topics[name]
        return [Choice(name, topic, section) for section in topic.sections]

    def find(self, address: str) -> list[Choice]:
        """The sections at `topic` or `topic#section`.

        Raises UnknownNameError for a topic or a section that is not there.
        """
        name, _, anchor = address.strip().partition("#")
        if name not in self.topics:
            raise UnknownNameError("topic", name, self.topics, hint="Ask without a topic for the index.")
        sections = self.list_sections(name)
        if not anchor:
            return sections
        found = [choice for choice in sections if choice.section.anchor == anchor]
        if not found:
            raise UnknownNameError(f"section of topic {name!r}", anchor, (choice.section.anchor for choice in sections))
        return found

    def find_serving(self, triggers: Iterable[str]) -> list[str]:
        """Names of the topics for `triggers`, first those that name one of them first.

        Raises UnknownNameError for a trigger that no topic serves.
        """
        known = {trigger for topic in self.topics.values() for trigger in topic.triggers}
        wanted = list(triggers)
        for trigger in wanted:
            if trigger not in known:
                raise UnknownNameError("trigger", trigger, known)
        places = {
            name: min(topic.triggers.index(trigger) for trigger in wanted if trigger in topic.triggers)
            for name, topic in self.topics.items()
            if set(wanted) & set(topic.triggers)
        }
        return sorted(places, key=lambda name: places[name])

    def find_stating(self, statement: str) -> list[str]:
        """Names of the topics that serve the statement id; none for an unknown one."""
        return [name for name, topic in self.topics.items() if statement in topic.statements]


def open_library(skills: Mapping[str, Skill]) -> Library:
    """The library of `skills`, kept while the same skills are asked for."""
    if not isinstance(skills, Mapping) or not all(isinstance(skill, Skill) for skill in skills.values()):
        raise InvalidInputError("skills must map names to skills.")
    return _open(tuple(skills.values()))


@lru_cache(maxsize=8)
def _open(skills: tuple[Skill, ...]) -> Library:
    topics: dict[str, Topic] = {}
    for skill in skills:
        for name, topic in skill.topics.items():
            topics[f"{skill.name}/{name}" if name in topics else name] = topic
    return Library(topics, search.build(topics))
