"""Reports: a review as text for an assistant or a person, within a token budget."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from layerwise.errors import InvalidInputError
from layerwise.review.delegated import MISSING
from layerwise.review.finding import SEVERITIES, Finding
from layerwise.review.review import OTHER_FILES, Review
from layerwise.review.team import WITHHELD
from layerwise.tokens import CHARACTERS_PER_TOKEN

_MAX_EDIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a review that fits a budget: its text, its findings, and the cursor of the next part, if any."""

    text: str
    findings: tuple[Finding, ...]
    cursor: str | None


def as_text(review: Review, max_tokens: int | None = 2000, cursor: str = "", *, data_too: bool = False) -> Page:
    """The review from `cursor` on, grouped by rule, the most severe first; one finding at least, whatever the budget.

    With `data_too` the findings as JSON fit the budget as well, beside all else that is told of the review. With
    `max_tokens` None nothing is left out. Raises InvalidInputError for a cursor that no answer gave.
    """
    ordered = _grouped(review.findings)
    start = _read_cursor(cursor, len(ordered))
    head = [_summary(review)]
    if start == 0:
        head += [f"could not review {each.path or 'the project'}: {each.message}" for each in review.errors]
        head += [f"note: {notice}" for notice in review.notices]
    tail = _coverage(review)
    room = inf if max_tokens is None else max_tokens * CHARACTERS_PER_TOKEN
    budget = room - sum(map(len, head)) - len(tail) - 200
    data_budget = room - _measure_data(review) if data_too else inf
    body: list[str] = []
    shown = start
    for number, finding in enumerate(ordered[start:], start):
        first = number == start or ordered[number - 1].code != finding.code
        block = [*(_heading(finding) if first else ()), *_lines(finding, review.texts.get(finding.path))]
        budget -= sum(len(line) + 1 for line in block)
        data_budget -= _measure(finding.as_dict()) if data_too else 0
        if min(budget, data_budget) < 0 and number > start:
            break
        body += block
        shown = number + 1
    following = str(shown) if shown < len(ordered) else None
    foot = [f"… {len(ordered) - shown} more; ask again with cursor={following!r}"] if following else []
    return Page("\n".join([*head, *body, *foot, tail]), tuple(ordered[start:shown]), following)


def _measure_data(review: Review) -> int:
    """Characters of a review as JSON, without its findings."""
    told = {"coverage": review.coverage.summarise(), "totals": review.totals, "notices": review.notices}
    return _measure(told) + sum(_measure(error.as_dict()) for error in review.errors) + 200


def _measure(data: object) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=dict)) + 1


def _grouped(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), each.code, each.path, each.span.line))


def _read_cursor(cursor: str, count: int) -> int:
    if not cursor:
        return 0
    if not cursor.isdecimal() or not 0 <= int(cursor) <= count:
        raise InvalidInputError(f"No cursor {cursor[:40]!r}; give the one that the previous answer ended with.")
    return int(cursor)


def _summary(review: Review) -> str:
    if not review.findings:
        return f"No findings in {_plural(review.coverage.files, 'file')}."
    by_severity = [
        _plural(count, severity)
        for severity in SEVERITIES
        if (count := sum(finding.severity == severity for finding in review.findings))
    ]
    totals = ", ".join(f"{name} {count}" for name, count in review.totals.items())
    fixes = [finding.fix for finding in review.findings if finding.fix]
    safe = sum(each.safe for each in fixes)
    return (
        f"{_plural(len(review.findings), 'finding')} in {_plural(review.coverage.files, 'file')}: "
        f"{', '.join(by_severity)}; {safe} with a safe fix, {len(fixes) - safe} with an unsafe one. By rule: {totals}."
    )


def _heading(finding: Finding) -> list[str]:
    serves = f" [{', '.join(finding.statements)}]" if finding.statements else ""
    return ["", f"{finding.severity} {finding.code} {finding.name}{serves}", f"  why: {finding.why}"]


def _lines(finding: Finding, text: str | None) -> list[str]:
    sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
    lines = [f"  {finding.path}:{finding.span.line}:{finding.span.column} {finding.message}{sure}"]
    lines += [f"    via {step.path}:{step.line} {step.text}" for step in finding.trace]
    if finding.fix:
        lines.append(f"    {'safe' if finding.fix.safe else 'unsafe'} fix: {finding.fix.reason}")
        for edit in finding.fix.edits if text is not None else ():
            before = text[edit.start : edit.end] if text is not None and edit.path == finding.path else "…"
            lines.append(f"      {_quote(before)} -> {_quote(edit.text)}")
    return lines


def _quote(text: str) -> str:
    shown = text if len(text) <= _MAX_EDIT else f"{text[: _MAX_EDIT - 1]}…"
    return repr(shown)


def _coverage(review: Review) -> str:
    seen = review.coverage
    ruff = " (ruff is not installed)" if MISSING in seen.rules_skipped.values() else ""
    blind = " Not seen: what stands in files that were not given." if OTHER_FILES in seen.cannot_see else ""
    withheld = sum(reason == WITHHELD for reason in seen.rules_skipped.values())
    blind += f" {_plural(withheld, 'rule')} not run: {WITHHELD}." if withheld else ""
    following = "Fix these, then review again." if review.findings else "Done."
    return f"Seen: {_plural(seen.lines, 'line')}, {len(seen.rules_run)} rules run{ruff}.{blind} {following}"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 or noun == "info" else f"{count:,} {noun}s"
