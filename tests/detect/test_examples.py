from pathlib import Path

import pytest

from layerwise.assets import folder
from layerwise.detect.examples import Rates, check_examples, rate
from layerwise.errors import InvalidInputError

BREW = """\
version = 1
[words]
kettle = ["kettle*"]
[[trigger]]
name = "boil"
summary = "Hot water"
bias = -4
weights = { kettle = 6 }
bases = ["brew.Pot"]
"""


def write_skill(home: Path, examples: str) -> str:
    (home / "triggers.toml").write_text(BREW + examples, encoding="utf-8")
    return str(home)


@pytest.mark.parametrize("skill", sorted(str(file.parent) for file in folder("skills").glob("*/triggers.toml")))
def test_the_shipped_skills_own_examples_hold(skill: str) -> None:
    outcomes = check_examples(skill)
    assert outcomes
    assert [item for item in outcomes if not item.is_right] == []


def test_an_example_that_does_not_hold_is_told_by_trigger_key_and_number(tmp_path: Path) -> None:
    skill = write_skill(tmp_path, 'fires = ["fill the kettle", "make tea"]\nstays_silent = ["kettle drum", "milk"]\n')
    outcomes = check_examples(skill)
    wrong = [(item.trigger, item.key, item.number, item.context.prompt) for item in outcomes if not item.is_right]
    assert wrong == [("boil", "fires", 2, "make tea"), ("boil", "stays_silent", 1, "kettle drum")]
    assert rate(outcomes) == Rates(precision=0.5, recall=0.5)


def test_an_example_may_be_code_with_a_path(tmp_path: Path) -> None:
    code = '{ code = "class Tea(brew.Pot): ...", path = "tea.py" }'
    (outcome,) = check_examples(write_skill(tmp_path, f"fires = [{code}]\n"))
    assert outcome.is_right
    assert outcome.confidence == 0.95


def test_without_examples_no_rate_is_claimed(tmp_path: Path) -> None:
    assert rate(check_examples(write_skill(tmp_path, ""))) == Rates(precision=None, recall=None)


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        ("fires = [{ promt = 'x' }]", "'boil' fires 1: 'promt' is not known. Did you mean 'prompt'?"),
        ("fires = ['x', 3]", "'boil' fires 2: must be a table"),
        ("stays_silent = 'x'", "'boil' stays_silent: must be a list of prompts"),
        ("fires = [{ prompt = ' ' }]", "'boil' fires 1 prompt: must be a string with something in it"),
    ],
)
def test_a_malformed_example_is_refused_by_row_and_key(tmp_path: Path, examples: str, told: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check_examples(write_skill(tmp_path, examples + "\n"))
    assert told in str(refused.value)
