"""Every fix in a larger file, in other styles: it still fits, and nothing else moves by a byte."""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.project.index import build_project
from layerwise.review.edits import apply_edits, choose_fixes, edits_of
from layerwise.review.finding import Finding
from layerwise.review.registry import load_rules
from layerwise.review.rule import Bad, Rule
from layerwise.review.run import review

HEAD = '"""What this module is for: Größe, 😀."""\n\n# a word  about   spacing\nimport math  # pi\n\n'
TAIL = """

def area( radius:float )->float :   # kept as it is
    return math.pi*radius**2


class Circle :
    '''A shape.'''

    def grow( self , by : float = 2.0 ) -> None:
        self.radius = getattr(self,"radius",1.0)*by  # ✓
"""
RULES = load_rules()
CASES = [
    (rule, case)
    for rule in RULES
    for case in rule.cases
    if isinstance(case, Bad) and case.fixed is not None and isinstance(case.text, str)
]
Style = Mapping[str, bool]


def look(text: str, path: str, rules: tuple[Rule, ...]) -> list[Finding]:
    files = {path: text}
    found = review(texts=files, rules=rules, confidences=("high", "medium", "low"), project=build_project(files))
    assert found.errors == ()
    return list(found.findings)


def fix_all(text: str, path: str, rule: Rule) -> str:
    for _ in range(5):
        winners, _ = choose_fixes([finding for finding in look(text, path, (rule,)) if finding.fix])
        edits = edits_of(winners).get(path)
        if not edits:
            break
        text = apply_edits(text, edits)
    return text


def embed(case: Bad, rule: Rule, *, tabs: bool, crlf: bool, comments: bool) -> tuple[str, list[str]]:
    """The case in a larger file, in a style, and the comments that were put on lines no fix touches."""
    assert isinstance(case.text, str)
    text = HEAD + "\n".join(line.removesuffix("  # !") for line in case.text.split("\n")) + TAIL
    if tabs:
        text = "\n".join(_with_tabs(line) for line in text.split("\n"))
    kept: list[str] = []
    if comments:
        text, kept = _comment(text, _touched(text, look(text, case.path, (rule,))))
    return (text.replace("\n", "\r\n") if crlf else text), kept


def _with_tabs(line: str) -> str:
    depth = (len(line) - len(line.lstrip(" "))) // 4
    return "\t" * depth + line[depth * 4 :]


def _touched(text: str, findings: list[Finding]) -> set[int]:
    """The lines that some fix edits, from 1."""
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    return {
        line for edit in edits for line in range(text.count("\n", 0, edit.start) + 1, text.count("\n", 0, edit.end) + 2)
    }


def _comment(text: str, touched: set[int]) -> tuple[str, list[str]]:
    lines, kept = text.split("\n"), []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        number = token.end[0]
        if token.type == tokenize.NEWLINE and number not in touched and "#" not in lines[number - 1]:
            kept.append(f"# note {number}")
            lines[number - 1] += f"  {kept[-1]}"
    return "\n".join(lines), kept


def check(rule: Rule, case: Bad, style: Style) -> None:
    text, kept = embed(case, rule, **style)
    before = look(text, case.path, RULES)
    assert any(finding.name == rule.name for finding in before)
    after = fix_all(text, case.path, rule)
    ast.parse(after)
    found = look(after, case.path, RULES)
    assert Counter(each.name for each in found) <= Counter(each.name for each in before if each.name != rule.name)
    assert fix_all(after, case.path, rule) == after
    assert all(note in after for note in kept)
    touched = _touched(text, [finding for finding in before if finding.name == rule.name])
    remaining = iter(after.split("\n"))
    for number, line in enumerate(text.split("\n"), 1):
        assert number in touched or line in remaining, f"line {number} has changed: {line!r}"
    newline = "\r\n" if style["crlf"] else "\n"
    assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize(("rule", "case"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_a_fix_fits_into_a_larger_file_with_windows_line_ends_and_comments(rule: Rule, case: Bad) -> None:
    check(rule, case, {"tabs": False, "crlf": True, "comments": True})


@settings(max_examples=60)
@given(st.sampled_from(CASES), st.booleans(), st.booleans(), st.booleans())
def test_a_fix_fits_in_any_style(chosen: tuple[Rule, Bad], tabs: bool, crlf: bool, comments: bool) -> None:
    check(*chosen, {"tabs": tabs, "crlf": crlf, "comments": comments})


@settings(max_examples=40)
@given(st.lists(st.sampled_from(CASES), min_size=2, max_size=3, unique_by=lambda pair: pair[0].name))
def test_a_fix_of_one_rule_does_no_harm_beside_what_others_find(chosen: list[tuple[Rule, Bad]]) -> None:
    (rule, case), *others = chosen
    parts = [part.text.replace("  # !", "") for _, part in (*others, (rule, case)) if isinstance(part.text, str)]
    text = "\n\n".join(parts)
    before = look(text, case.path, RULES)
    after = fix_all(text, case.path, rule)
    ast.parse(after)
    names = Counter(each.name for each in before)
    assert all(
        count <= names[name] for name, count in Counter(each.name for each in look(after, case.path, RULES)).items()
    )


def test_enough_rules_mend_what_they_find_and_enough_of_them_safely() -> None:
    from layerwise.review.page import describe_fix

    kinds = Counter(describe_fix(rule) for rule in RULES)
    assert kinds["safe"] >= 25
    assert kinds["safe"] + kinds["unsafe"] >= 45
