"""Formats: a review for the tools that show findings: SARIF 2.1.0 and GitHub's workflow commands."""

from typing import Any

from layerwise import __version__
from layerwise.review.finding import Finding
from layerwise.review.registry import load_rules
from layerwise.review.run import Review

_SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(review: Review) -> dict[str, Any]:
    """The review as one SARIF run, with the documentation of the rules that found something."""
    found = {finding.code for finding in review.findings}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "layerwise",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.code,
                                "name": rule.name,
                                "shortDescription": {"text": rule.title},
                                "fullDescription": {"text": rule.why},
                                "help": {"text": rule.documentation or "", "markdown": rule.documentation or ""},
                            }
                            for rule in load_rules()
                            if rule.code in found
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(finding) for finding in review.findings],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": f"{error.path}: {error.message}"}}
                            for error in review.errors
                        ],
                    }
                ],
            }
        ],
    }


def _sarif_result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_sarif_location(finding.path, finding)],
        "partialFingerprints": {"layerwise/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence, "statements": list(finding.statements)},
    }
    if finding.trace:
        result["relatedLocations"] = [
            {
                "physicalLocation": {"artifactLocation": {"uri": step.path}, "region": {"startLine": step.line}},
                "message": {"text": step.text},
            }
            for step in finding.trace
        ]
    return result


def _sarif_location(path: str, finding: Finding) -> dict[str, Any]:
    span = finding.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": max(span.end_column, span.column + 1) if span.line == span.end_line else span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": path}, "region": region}}


def as_github(review: Review) -> str:
    """The review as workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = [
        f"::{_GITHUB_COMMANDS[each.severity]} file={_property(each.path)},line={each.span.line},col={each.span.column},"
        f"endLine={each.span.end_line},title={_property(f'{each.code} {each.name}')}::{_data(each.message)}"
        for each in review.findings
    ]
    lines += [f"::error file={_property(each.path)}::{_data(each.message)}" for each in review.errors]
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
