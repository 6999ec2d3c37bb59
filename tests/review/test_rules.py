"""Every rule proves itself: its documentation is whole, its cases hold, its fixes settle."""

import ast
import re
from pathlib import Path

import pytest

from layerwise.review import rules as rules_package
from layerwise.review.cases import expect_fixed, find_marked, fix_files, read_files, review_files, unmark
from layerwise.review.registry import load_rules
from layerwise.review.rule import Bad, Case, FalseAlarm, Good, Miss, Rule

_SECTIONS = ["Why is this bad?", "Example", "Use instead", "When to ignore"]

RULES = load_rules()
CASES = [(rule, case) for rule in RULES for case in rule.cases]


def _name(value: object) -> str:
    if isinstance(value, Rule):
        return value.name
    return type(value).__name__.lower()


@pytest.mark.parametrize(("rule", "case"), CASES, ids=_name)
def test_a_rule_reports_exactly_the_marked_lines(rule: Rule, case: Case) -> None:
    files = read_files(case)
    found = review_files(unmark(files), (rule,))
    assert {(finding.path, finding.line) for finding in found} == find_marked(files)
    assert bool(found) == isinstance(case, Bad | FalseAlarm)


@pytest.mark.parametrize(("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Good)], ids=_name)
def test_no_rule_at_all_reports_a_good_case(rule: Rule, case: Good) -> None:
    assert [(finding.name, finding.line, finding.message) for finding in review_files(read_files(case), RULES)] == []


@pytest.mark.parametrize(
    ("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Bad) and pair[1].fixed is not None], ids=_name
)
def test_a_fix_gives_the_text_that_the_case_shows_and_settles(rule: Rule, case: Bad) -> None:
    now = fix_files(unmark(read_files(case)), rule)
    assert now == expect_fixed(case)
    for text in now.values():
        ast.parse(text)
    assert fix_files(now, rule) == now
    assert [(finding.name, finding.line, finding.message) for finding in review_files(now, RULES)] == []


@pytest.mark.parametrize(
    ("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Bad) and pair[1].fixed is None], ids=_name
)
def test_a_case_without_a_fixed_text_has_no_fix(rule: Rule, case: Bad) -> None:
    assert [finding.fix for finding in review_files(unmark(read_files(case)), (rule,)) if finding.fix] == []


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_a_rule_shows_enough_cases(rule: Rule) -> None:
    kinds = [type(case) for case in rule.cases]
    assert kinds.count(Bad) >= 2
    assert kinds.count(Good) >= 3
    assert kinds.count(FalseAlarm) + kinds.count(Miss) >= 1


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_a_rule_is_documented(rule: Rule) -> None:
    sections = [*_SECTIONS[:3], *(["Fix safety"] if rule.fixable else []), _SECTIONS[3]]
    assert list(rule.sections) == sections
    assert rule.title.endswith(".")
    assert rule.why.endswith((".", "!"))
    for heading in ("Example", "Use instead"):
        found = re.fullmatch(r"```python\n(.+)\n```", rule.sections[heading], re.DOTALL)
        assert found, f"{heading} must be one fenced python block"
        ast.parse(found[1])


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_a_rule_is_named_and_numbered_well(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert rule.scope == ("project" if rule.project_checks else "file")


def test_the_rules_package_holds_no_file_that_is_no_rule() -> None:
    folder = Path(rules_package.__path__[0])
    modules = [path for path in folder.rglob("*.py") if path.name != "__init__.py"]
    assert len(modules) == len(RULES)
