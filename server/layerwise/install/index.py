"""The index of the skills for a file of instructions that assistants always read."""

from collections.abc import Iterable, Mapping

from layerwise.skills import Skill, Topic
from layerwise.tokens import count_tokens

MAX_TOKENS = 400

_HEAD = """## Python backends: Layerwise

Before you write or change FastAPI, SQLAlchemy, Pydantic or async code, call the layerwise tool `get_guidance` with the
topics that apply; after it, `review_code` on what you changed, until it is clean. `generate_code` makes a resource in
every layer. In a shell: `layerwise guide TOPIC`, `layerwise review --diff`.
"""
_MORE = "…"


def render_index(skills: Mapping[str, Skill]) -> str:
    """What to call when, and the topics of every skill by the trigger they serve; at most 400 tokens."""
    lines = [f"- {name}: {', '.join(topics)}" for name, topics in _group(skills.values()).items()]
    text = f"{_HEAD}\nTopics by what the code is about:\n" + "\n".join(lines) + "\n"
    while count_tokens(text) > MAX_TOKENS:
        cut, _, _ = text.rstrip(f"\n{_MORE}, ").rpartition(", ")
        text = f"{cut}, {_MORE}\n"
    return text


def _group(skills: Iterable[Skill]) -> dict[str, list[str]]:
    """Topic names under the first trigger that each names; those that name none come last."""
    groups: dict[str, list[str]] = {}
    topics: list[Topic] = [topic for skill in skills for topic in skill.topics.values()]
    for topic in sorted(topics, key=lambda topic: not topic.triggers):
        groups.setdefault(topic.triggers[0] if topic.triggers else "anything", []).append(topic.name)
    return groups
