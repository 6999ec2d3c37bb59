"""What the skills show as Correct, our own review accepts: block by block, and all blocks of a skill as one backend."""

import re

import pytest

from layerwise.assets import folder
from layerwise.project.index import build_project
from layerwise.review.run import review
from layerwise.skills import Skill, find_examples, load_all

SKILLS = load_all([folder("skills")])


def list_blocks(skill: Skill) -> list[tuple[str, str]]:
    """Path and text of every Correct block; a block without a path gets the name of its topic."""
    blocks = []
    for topic in skill.topics.values():
        for example in find_examples(topic.text):
            for code in example.blocks if example.correct else ():
                found = re.match(r"# (\S+\.py)\n", code)
                blocks.append((found[1] if found else f"{topic.name}.py", code))
    return blocks


def explain(texts: dict[str, str]) -> list[str]:
    found = review(texts=texts, project=build_project(texts))
    assert not found.errors
    return [f"{finding.path}:{finding.line} {finding.name}: {finding.message}" for finding in found.findings]


@pytest.mark.parametrize(
    ("path", "code"), [block for skill in SKILLS.values() for block in list_blocks(skill)], ids=lambda value: value[:40]
)
def test_a_correct_block_is_clean_as_a_snippet(path: str, code: str) -> None:
    assert explain({path: code}) == []


@pytest.mark.parametrize("skill", SKILLS.values(), ids=SKILLS)
def test_the_correct_blocks_of_a_skill_are_clean_as_one_backend(skill: Skill) -> None:
    placed = {path: code for path, code in list_blocks(skill) if "/" in path}
    assert explain(placed) == []
