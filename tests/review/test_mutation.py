"""Defects put into a generated backend are found: a small sample of what `tests/evals/mutation.py` measures."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))

from mutation import generate, try_mutants

MOST = 1


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """For each operator, whether the review finds the mutant that a seeded choice takes from a generated backend."""
    case = generate("notes", tmp_path_factory.mktemp("mutation") / "notes")
    return {each.mutant.operator: bool(each.found) for each in try_mutants(case, MOST)}


def test_every_operator_that_applies_to_the_backend_is_tried(outcomes: dict[str, bool]) -> None:
    assert outcomes.keys() >= {
        "drop await (session)", "drop await (coroutine)", "block in helper", "swap def and async def",
        "strip order_by", "strip exclude_unset", "call the default", "delete raise", "gather on one session",
        "commit in repository", "drop unique", "drop response type", "remove scope",
    }  # fmt: skip


def test_the_review_finds_nearly_all_of_them(outcomes: dict[str, bool]) -> None:
    missed = [operator for operator, found in outcomes.items() if not found]
    assert len(missed) <= len(outcomes) * 0.15, missed
