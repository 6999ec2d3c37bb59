"""Formats: a review for the tools that show findings beside the code."""

import json
import re
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

from layerwise.review.finding import Finding
from layerwise.review.review import Review
from layerwise.review.sarif import as_sarif

_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_GITLAB_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}
# What XML 1.0 cannot hold, escaped or not.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_sarif_text(review: Review) -> str:
    """The review as a SARIF 2.1.0 log."""
    return json.dumps(as_sarif(review), indent=1, ensure_ascii=False)


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


def as_gitlab(review: Review) -> str:
    """The review as a GitLab Code Quality report. What could not be reviewed is in it, as critical."""
    rows = [
        _gitlab_row(
            each.message,
            f"{each.code} {each.name}",
            each.fingerprint,
            _GITLAB_SEVERITIES[each.severity],
            each.path,
            each.line,
        )
        for each in review.findings
    ]
    rows += [
        _gitlab_row(each.message, each.rule or "not-reviewed", f"{each.path} {each.rule}", "critical", each.path, 1)
        for each in review.errors
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def _gitlab_row(text: str, check: str, fingerprint: str, severity: str, path: str, line: int) -> dict[str, object]:
    return {
        "description": text,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path or ".", "lines": {"begin": line}},
    }


def as_junit(review: Review) -> str:
    """The review as a JUnit report: a failed case for each finding, an error for what could not be reviewed."""
    count = len(review.findings) + len(review.errors)
    totals = {
        "name": "layerwise",
        "tests": str(max(count, 1)),
        "failures": str(len(review.findings)),
        "errors": str(len(review.errors)),
    }
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", totals)
    for each in review.findings:
        _junit_failure(suite, each)
    for error in review.errors:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": _xml(error.path), "name": error.rule or "review"}
        )
        ElementTree.SubElement(case, "error", {"message": _xml(error.message)})
    if not count:
        ElementTree.SubElement(suite, "testcase", {"classname": "layerwise", "name": "review"})
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def _junit_failure(suite: ElementTree.Element, finding: Finding) -> None:
    case = {"classname": _xml(finding.path), "name": f"{finding.code} {finding.name}:{finding.line}"}
    place = {"file": _xml(finding.path), "line": str(finding.line)}
    failure = {"type": finding.severity, "message": _xml(finding.message)}
    node = ElementTree.SubElement(ElementTree.SubElement(suite, "testcase", case | place), "failure", failure)
    node.text = _xml(f"{finding.path}:{finding.line}:{finding.span.column} {finding.message} {finding.why}")


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


RENDERERS: Mapping[str, Callable[[Review], str]] = {
    "sarif": as_sarif_text,
    "github": as_github,
    "gitlab": as_gitlab,
    "junit": as_junit,
}
