"""Which rules' claims are seen on the real libraries."""

import ast
from collections.abc import Iterator
from pathlib import Path

from layerwise.review.registry import load_rules


def proved() -> Iterator[str]:
    """The rules that the tests of this folder say they prove."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.proves":
                yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))


def test_every_proof_names_a_rule_and_at_least_thirty_rules_have_one() -> None:
    names = set(proved())
    assert names <= {rule.name for rule in load_rules()}
    assert len(names) >= 30
