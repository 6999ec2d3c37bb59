"""Edits: applying fixes to a text; where two want the same place one wins and the other is reported."""

from collections.abc import Iterable, Sequence

from layerwise.review.finding import Edit, Finding


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made. They must not overlap; insertions at one place keep their order."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    parts: list[str] = []
    done = 0
    for edit in ordered:
        parts.append(text[done : edit.start])
        parts.append(edit.text)
        done = max(done, edit.end)
    parts.append(text[done:])
    return "".join(parts)


def choose_fixes(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings whose fixes can be applied together, and those that must wait: the earlier in the list wins."""
    taken: set[Edit] = set()
    winners, losers = [], []
    for finding in findings:
        edits = set(finding.fix.edits) if finding.fix else set()
        if any(_conflict(edit, other) for edit in edits - taken for other in taken):
            losers.append(finding)
        else:
            winners.append(finding)
            taken |= edits
    return winners, losers


def edits_of(findings: Iterable[Finding]) -> dict[str, list[Edit]]:
    """The edits of the findings' fixes by path; edits that several share appear once."""
    found: dict[str, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits if finding.fix else ():
            found.setdefault(edit.path, {})[edit] = None
    return {path: list(edits) for path, edits in found.items()}


def _conflict(one: Edit, other: Edit) -> bool:
    """Whether two different edits touch the same characters. New lines inserted at one place may stand together."""
    if one.path != other.path:
        return False
    if one.start == one.end == other.start == other.end:
        return not (one.text.endswith("\n") and other.text.endswith("\n"))
    if one.start == one.end:
        return other.start < one.start < other.end
    if other.start == other.end:
        return one.start < other.start < one.end
    return one.start < other.end and other.start < one.end
