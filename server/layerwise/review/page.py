"""A rule as its reader sees it: one row of a list, or a page."""

from collections.abc import Iterable
from typing import Any

from layerwise.review.measured import describe_measured
from layerwise.review.rule import Bad, FalseAlarm, Miss, Rule


def summarise(rule: Rule) -> dict[str, Any]:
    """The rule's facts, JSON-ready."""
    return {
        "code": rule.code,
        "name": rule.name,
        "title": rule.title,
        "family": rule.family,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "profile": rule.profile,
        "scope": rule.scope,
        "fix": describe_fix(rule),
        "statements": list(rule.statements),
        "versions": dict(rule.versions),
        "measured": describe_measured(rule.name),
    }


def describe_fix(rule: Rule) -> str:
    """`safe`, `unsafe` or `none`, as the rule's own documentation has it."""
    if not rule.fixable:
        return "none"
    return "safe" if rule.sections["Fix safety"].lower().startswith("safe") else "unsafe"


def render_table(rules: Iterable[Rule]) -> str:
    """The rules as a Markdown table that folds, a line each."""
    rows = [f"| {rule.code} | {rule.name} | {rule.severity} | {describe_fix(rule)} | {rule.title} |" for rule in rules]
    head = ["| code | name | severity | fix | finds |", "|---|---|---|---|---|"]
    summary = f"<summary>The {len(rows)} rules</summary>"
    return "\n".join(["<details>", summary, "", *head, *rows, "", "</details>", ""])


def render_page(rule: Rule) -> str:
    """The rule's page in Markdown: its documentation, facts, and what it is known to get wrong."""
    facts = [
        f"severity {rule.severity}, confidence {rule.confidence}",
        f"profile {rule.profile}",
        "sees the whole project" if rule.scope == "project" else "sees one file",
        f"fix: {describe_fix(rule)}",
    ]
    facts += [f"serves {', '.join(rule.statements)}"] if rule.statements else []
    facts += [f"holds for {name} {version}" for name, version in rule.versions.items()]
    facts += [f"seen in {source}" for source in rule.evidence]
    facts.append(describe_measured(rule.name))
    parts = [f"# {rule.code} {rule.name}", rule.title, "; ".join(facts) + "."]
    parts += [f"## {heading}\n\n{text}" for heading, text in rule.sections.items()]
    known = [case for case in rule.cases if isinstance(case, Miss | FalseAlarm)]
    if known:
        labels = {Miss: "Missed", FalseAlarm: "False alarm"}
        parts.append("## Known limits\n\n" + "\n".join(f"- {labels[type(case)]}: {case.why}" for case in known))
    examples = sum(isinstance(case, Bad) for case in rule.cases)
    parts.append(f"Proved by {len(rule.cases)} cases, {examples} of them bad.")
    return "\n\n".join(parts) + "\n"
