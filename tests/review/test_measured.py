"""The default profile holds only rules that were measured right often enough, or say that they were not measured."""

import json
from collections import Counter
from pathlib import Path

import pytest

from layerwise.review.measured import WANTED, Measured, load_measured
from layerwise.review.page import render_page, summarise
from layerwise.review.registry import find_rule, load_rules
from layerwise.review.rule import Rule

DATA = Path(__file__).parents[1] / "evals/data"
ROWS = [json.loads(line) for line in (DATA / "review-sample.jsonl").read_text(encoding="utf-8").splitlines()]
REPORTED = [row for row in ROWS if row["reported"]]


@pytest.mark.parametrize(
    "rule", [rule for rule in load_rules() if rule.profile == "default"], ids=lambda rule: rule.name
)
def test_a_rule_of_the_default_profile_was_right_often_enough_or_says_that_it_was_not_measured(rule: Rule) -> None:
    measured = load_measured().get(rule.name)
    if measured is None:
        assert "not measured" in render_page(rule)
    else:
        assert measured.precision >= WANTED[rule.severity]
        assert f"{measured.right} of {measured.labelled} findings in public code right" in render_page(rule)


def test_the_figures_are_those_of_the_labelled_findings() -> None:
    counted: dict[str, list[int]] = {}
    for row in REPORTED:
        figures = counted.setdefault(row["rule"], [0, 0, 0])
        figures[0] += 1
        figures[1] += row["right"]
        figures[2] += row["useful"]
    assert {name: Measured(*figures) for name, figures in counted.items()} == dict(load_measured())


def test_the_sample_is_large_wide_and_mostly_right() -> None:
    assert len(REPORTED) >= 200
    assert len({row["repo"] for row in REPORTED}) >= 6
    assert len({row["repo"] for row in REPORTED if not row["tuned"]}) >= 3
    assert max(Counter(row["rule"] for row in REPORTED).values()) <= 25
    assert sum(row["right"] for row in REPORTED) / len(REPORTED) >= 0.9
    assert not [row for row in ROWS if row["useful"] and not row["right"]]
    assert {row["rule"] for row in ROWS} == {find_rule(row["rule"]).name for row in ROWS}


def test_the_interval_is_wilsons() -> None:
    low, high = Measured(10, 9, 5).interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert Measured(4, 4, 4).interval[1] == 1.0


def test_a_summary_says_how_a_rule_was_measured() -> None:
    assert "measured" in summarise(load_rules()[0])["measured"]
