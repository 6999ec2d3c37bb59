"""Cases: a rule tried on the texts that it brings along, and what does not hold of them."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from layerwise.project.index import build_project
from layerwise.review.edits import apply_edits, choose_fixes, edits_of
from layerwise.review.finding import Finding
from layerwise.review.rule import Bad, Case, FalseAlarm, Good, Rule
from layerwise.review.run import review

_MARKER = re.compile(r"[ \t]*# !$", re.MULTILINE)
_MAX_ROUNDS = 5


def read_files(case: Case) -> dict[str, str]:
    """The texts of a case by path, with the markers."""
    return dict(case.text) if isinstance(case.text, Mapping) else {case.path: case.text}


def find_marked(files: Mapping[str, str]) -> set[tuple[str, int]]:
    """Path and number of the lines that end in `# !`."""
    return {
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.split("\n"), 1)
        if _MARKER.search(line)
    }


def unmark(files: Mapping[str, str]) -> dict[str, str]:
    """The texts without the markers."""
    return {path: _MARKER.sub("", text) for path, text in files.items()}


def review_files(files: Mapping[str, str], rules: Sequence[Rule]) -> list[Finding]:
    """What the rules, at any confidence, find in the files as a project. Raises AssertionError where a rule fails."""
    result = review(texts=files, rules=rules, confidences=("high", "medium", "low"), project=build_project(files))
    if result.errors:
        raise AssertionError("; ".join(error.message for error in result.errors))
    return list(result.findings)


def fix_files(files: Mapping[str, str], rule: Rule) -> dict[str, str]:
    """The files after all fixes of the rule, round by round, as a user who calls again would get them."""
    now = dict(files)
    for _ in range(_MAX_ROUNDS):
        winners, _ = choose_fixes([finding for finding in review_files(now, (rule,)) if finding.fix])
        edits = edits_of(winners)
        if not edits:
            break
        now |= {path: apply_edits(now[path], edits[path]) for path in edits}
    return now


def expect_fixed(case: Bad) -> dict[str, str]:
    """The files after the fix as the case shows them, those that stay as they are too."""
    fixed = case.fixed if isinstance(case.fixed, Mapping) else {case.path: case.fixed or ""}
    return unmark(read_files(case)) | dict(fixed)


def judge_rule(rule: Rule) -> list[str]:
    """What does not hold of a rule's cases, a sentence each; nothing when it is proved."""
    kinds = [type(case) for case in rule.cases]
    faults = [
        f"no {kind.__name__} case; one at least must show what is {what}"
        for kind, what in ((Bad, "reported"), (Good, "not reported"))
        if kind not in kinds
    ]
    for number, case in enumerate(rule.cases, 1):
        label = f"case {number} ({type(case).__name__})"
        try:
            faults += [f"{label} {fault}" for fault in _judge(rule, case)]
        except AssertionError as error:
            faults.append(f"{label}: {error}")
    return faults


def _judge(rule: Rule, case: Case) -> Iterator[str]:
    marked, texts = find_marked(read_files(case)), unmark(read_files(case))
    findings = review_files(texts, (rule,))
    found = {(each.path, each.line) for each in findings}
    for said, places in (("is reported, unmarked, at", found - marked), ("is not reported at", marked - found)):
        if places:
            yield f"{said} {_list(places)}"
    if isinstance(case, Bad | FalseAlarm) and not marked:
        yield "marks no line with # !"
    if isinstance(case, Bad) and case.fixed is None and any(each.fix for each in findings):
        yield "has a fix but no fixed=, the text after it"
    elif isinstance(case, Bad) and case.fixed is not None:
        yield from _judge_fix(rule, case, texts)


def _judge_fix(rule: Rule, case: Bad, texts: Mapping[str, str]) -> Iterator[str]:
    now, wanted = fix_files(texts, rule), expect_fixed(case)
    if differing := [path for path in now if now[path] != wanted.get(path)]:
        yield f"is not fixed to the text that it shows, but {differing[0]} to:\n{now[differing[0]]}"
    elif left := review_files(now, (rule,)):
        yield f"is still reported after the fix at {_list({(each.path, each.line) for each in left})}"
    for path, text in now.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            yield f"does not parse after the fix: {path}:{error.lineno} {error.msg}"


def _list(places: set[tuple[str, int]]) -> str:
    return ", ".join(f"{path}:{line}" for path, line in sorted(places))
