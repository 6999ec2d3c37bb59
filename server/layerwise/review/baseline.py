"""Baselines: the findings that a project has when it starts, so that only new ones are reported; it can only shrink."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from layerwise.errors import InvalidInputError
from layerwise.review.finding import Finding
from layerwise.review.run import Review

# A file that cannot be parsed is never taken into a baseline: what is in it would stay unseen.
_NEVER = frozenset({"SYN001", "SUP001"})


def write_baseline(findings: Iterable[Finding], old: Mapping[str, str] | None = None) -> str:
    """The text of a baseline that holds `findings`; with `old`, only those that it held already."""
    held = {
        finding.fingerprint: f"{finding.path} {finding.name}"
        for finding in findings
        if finding.code not in _NEVER and (old is None or finding.fingerprint in old)
    }
    ordered = dict(sorted(held.items(), key=lambda item: (item[1], item[0])))
    return json.dumps({"version": 1, "findings": ordered}, indent=2, ensure_ascii=False) + "\n"


def read_baseline(text: str) -> dict[str, str]:
    """What each fingerprint of a baseline stands for. Raises InvalidInputError for any other text."""
    try:
        data = json.loads(text)
        findings = data["findings"]
        if data["version"] != 1 or not all(isinstance(value, str) for value in findings.values()):
            raise ValueError("another version")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"This is no baseline of layerwise ({error}); write a new one.") from error
    return dict(findings)


def without_baseline(review: Review, baseline: Mapping[str, str]) -> Review:
    """The review without the findings that the baseline holds; a notice says how many, and which are gone."""
    kept = tuple(finding for finding in review.findings if finding.fingerprint not in baseline)
    known = len(review.findings) - len(kept)
    gone = len(baseline.keys() - {finding.fingerprint for finding in review.findings})
    notices = [f"{known} findings are in the baseline"]
    if gone:
        notices.append(f"{gone} findings of the baseline are gone: write it anew, it only shrinks")
    return replace(review, findings=kept, notices=(*review.notices, *notices))
