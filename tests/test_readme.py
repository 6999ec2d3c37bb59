"""The README says what the code says. `python tests/test_readme.py` writes its tables anew."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from layerwise.cli.parser import build_parser
from layerwise.review.page import render_table
from layerwise.review.registry import load_rules

README = Path(__file__).parents[1] / "README.md"
CONFORMANCE = Path(__file__).parent / "e2e" / "test_conformance.py"


def render_conformance() -> str:
    """A row a scenario of the official suite, with the checks that pass in each revision."""
    tree = ast.parse(CONFORMANCE.read_text(encoding="utf-8"))
    [scenarios] = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCENARIOS"
    )
    names = dict.fromkeys(name for chosen in scenarios.values() for name in chosen)
    rows = [f"| {name} | {' | '.join(str(chosen.get(name, '')) for chosen in scenarios.values())} |" for name in names]
    return "\n".join((f"| checks passed | {' | '.join(scenarios)} |", "|---|" + "---|" * len(scenarios), *rows, ""))


TABLES = {"rules": lambda: render_table(load_rules()), "conformance": render_conformance}


def find_table(name: str) -> re.Pattern[str]:
    return re.compile(f"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_the_code_makes_of_it(name: str) -> None:
    found = find_table(name).search(README.read_text(encoding="utf-8"))
    assert found
    assert found[0] == TABLES[name](), "run `python tests/test_readme.py`"


def test_every_command_shown_can_be_parsed() -> None:
    text = README.read_text(encoding="utf-8")
    shown = re.findall(r"^\$ layerwise (.+)$", text, re.MULTILINE)
    assert len(shown) >= 5
    for command in shown:
        words = shlex.split(command)
        if words[0] != "detect":
            build_parser().parse_args(words)


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    for name, render in TABLES.items():
        rendered = render()
        text = find_table(name).sub(rendered.replace("\\", r"\\"), text)
    README.write_text(text, encoding="utf-8")
