"""Every statement of the source document that code can break has a rule; for each other one it is said why not."""

from pathlib import Path

from layerwise.review.registry import load_rules

STATEMENTS = {
    line.split("\t")[0]
    for line in (Path(__file__).parents[1] / "data" / "statements.tsv").read_text(encoding="utf-8").splitlines()
    if line
}
NOT_IN_CODE = {
    "purpose": "says what the document is for",
    "trigger.route": "says when guidance appears; the detector keeps it",
    "trigger.model": "says when guidance appears; the detector keeps it",
    "trigger.async": "says when guidance appears; the detector keeps it",
    "trigger.schema": "says when guidance appears; the detector keeps it",
    "quality.black": "black itself tells, whatever the code says",
    "quality.ruff": "ruff itself tells, whatever the code says",
    "quality.mypy": "mypy itself tells, whatever the code says",
    "quality.pytest": "whether the tests pass is seen by running them",
    "quality.cov": "what the tests cover is seen by running them",
}


def test_every_statement_that_code_can_break_has_a_rule() -> None:
    served = {statement for rule in load_rules() for statement in rule.statements}
    assert served <= STATEMENTS
    assert sorted(STATEMENTS - served - NOT_IN_CODE.keys()) == []
    assert sorted(served & NOT_IN_CODE.keys()) == []
