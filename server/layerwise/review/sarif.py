"""SARIF: a review as one run of SARIF 2.1.0, which code hosts and editors read."""

from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from layerwise import __version__
from layerwise.review.finding import Finding, Fix
from layerwise.review.registry import load_rules
from layerwise.review.review import Review
from layerwise.review.rule import Rule

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(review: Review) -> dict[str, Any]:
    """The review as a SARIF log, with the documentation of the rules that found something."""
    documented = {rule.code: rule for rule in load_rules()}
    found = {finding.code: finding for finding in review.findings}
    rules = [_rule(finding, documented.get(code)) for code, finding in sorted(found.items())]
    notes = [(f"{error.path}: {error.message}", "error") for error in review.errors]
    notes += [(notice, "note") for notice in review.notices]
    notifications = [{"level": level, "message": {"text": text}} for text, level in notes]
    run = {
        "tool": {"driver": {"name": "layerwise", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in review.findings],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding, rule: Rule | None) -> dict[str, Any]:
    """What a viewer shows of a rule; findings of the review itself, such as syntax errors, have no page."""
    found: dict[str, Any] = {"id": finding.code, "name": finding.name, "fullDescription": {"text": finding.why}}
    if rule is None or not rule.documentation:
        return found
    help_ = {"text": rule.documentation, "markdown": rule.documentation}
    return found | {"shortDescription": {"text": rule.title}, "help": help_, "properties": {"tags": [rule.family]}}


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _place(finding.path, _region(finding))}],
        "partialFingerprints": {"layerwise/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence, "statements": list(finding.statements)},
    }
    if finding.trace:
        result["relatedLocations"] = [
            {"physicalLocation": _place(step.path, {"startLine": step.line}), "message": {"text": step.text}}
            for step in finding.trace
        ]
    if finding.fix:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _region(finding: Finding) -> dict[str, int]:
    span = finding.span
    one_line = span.line == span.end_line
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": max(span.end_column, span.column + 1) if one_line else span.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """The fix with regions in characters from the start of each file."""
    changes = []
    for path, edits in groupby(sorted(fix.edits), key=attrgetter("path")):
        replacements = [
            {
                "deletedRegion": {"charOffset": edit.start, "charLength": edit.end - edit.start},
                "insertedContent": {"text": edit.text},
            }
            for edit in edits
        ]
        changes.append({"artifactLocation": _artifact(path), "replacements": replacements})
    return {
        "description": {"text": f"{'Safe' if fix.safe else 'Unsafe'}: {fix.reason}"},
        "artifactChanges": changes,
    }


def _place(path: str, region: Mapping[str, int]) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": dict(region)}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
