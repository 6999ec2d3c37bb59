"""Every rule proves itself: its documentation is whole, its cases hold, its fixes settle."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from layerwise.project.index import build_project
from layerwise.review import rules as rules_package
from layerwise.review.edits import apply_edits, choose_fixes, edits_of
from layerwise.review.finding import Finding
from layerwise.review.registry import load_rules
from layerwise.review.rule import Bad, Case, FalseAlarm, Good, Miss, Rule
from layerwise.review.run import review

_MARKER = re.compile(r"[ \t]*# !$", re.MULTILINE)
_SECTIONS = ["Why is this bad?", "Example", "Use instead", "When to ignore"]

RULES = load_rules()
CASES = [(rule, case) for rule in RULES for case in rule.cases]


def _name(value: object) -> str:
    if isinstance(value, Rule):
        return value.name
    return type(value).__name__.lower()


def _files(case: Case) -> dict[str, str]:
    return dict(case.text) if isinstance(case.text, Mapping) else {case.path: case.text}


def _expected(files: Mapping[str, str]) -> set[tuple[str, int]]:
    return {
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if _MARKER.search(line)
    }


def _unmark(files: Mapping[str, str]) -> dict[str, str]:
    return {path: _MARKER.sub("", text) for path, text in files.items()}


def _review(files: Mapping[str, str], rules: tuple[Rule, ...]) -> list[Finding]:
    """What the rules, at any confidence, find in the files; as a project when a rule needs one."""
    result = review(texts=files, rules=rules, confidences=("high", "medium", "low"), project=build_project(files))
    assert result.errors == ()
    return list(result.findings)


def _fix(files: Mapping[str, str], rule: Rule) -> dict[str, str]:
    """The files after all fixes of the rule, round by round, as a user who calls again would get them."""
    now = dict(files)
    for _ in range(5):
        winners, _ = choose_fixes([finding for finding in _review(now, (rule,)) if finding.fix])
        edits = edits_of(winners)
        if not edits:
            break
        now |= {path: apply_edits(now[path], edits[path]) for path in edits}
    return now


@pytest.mark.parametrize(("rule", "case"), CASES, ids=_name)
def test_a_rule_reports_exactly_the_marked_lines(rule: Rule, case: Case) -> None:
    files = _files(case)
    found = _review(_unmark(files), (rule,))
    assert {(finding.path, finding.line) for finding in found} == _expected(files)
    assert bool(found) == isinstance(case, Bad | FalseAlarm)


@pytest.mark.parametrize(("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Good)], ids=_name)
def test_no_rule_at_all_reports_a_good_case(rule: Rule, case: Good) -> None:
    assert [(finding.name, finding.line, finding.message) for finding in _review(_files(case), RULES)] == []


@pytest.mark.parametrize(
    ("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Bad) and pair[1].fixed is not None], ids=_name
)
def test_a_fix_gives_the_text_that_the_case_shows_and_settles(rule: Rule, case: Bad) -> None:
    files = _unmark(_files(case))
    assert case.fixed is not None
    fixed = dict(case.fixed) if isinstance(case.fixed, Mapping) else {case.path: case.fixed}
    now = _fix(files, rule)
    assert now == files | fixed
    for text in now.values():
        ast.parse(text)
    assert _fix(now, rule) == now
    assert [(finding.name, finding.line, finding.message) for finding in _review(now, RULES)] == []


@pytest.mark.parametrize(
    ("rule", "case"), [pair for pair in CASES if isinstance(pair[1], Bad) and pair[1].fixed is None], ids=_name
)
def test_a_case_without_a_fixed_text_has_no_fix(rule: Rule, case: Bad) -> None:
    assert [finding.fix for finding in _review(_unmark(_files(case)), (rule,)) if finding.fix] == []


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
