"""The README says what the code says. `python tests/test_readme.py` writes its table of rules anew."""

import re
import shlex
from pathlib import Path

from layerwise.cli.parser import build_parser
from layerwise.review.page import render_table
from layerwise.review.registry import load_rules

README = Path(__file__).parents[1] / "README.md"
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def test_the_table_of_rules_is_the_registrys() -> None:
    found = TABLE.search(README.read_text(encoding="utf-8"))
    assert found
    assert found[0] == render_table(load_rules()), "run `python tests/test_readme.py`"


def test_every_command_shown_can_be_parsed() -> None:
    text = README.read_text(encoding="utf-8")
    shown = re.findall(r"^\$ layerwise (.+)$", text, re.MULTILINE)
    assert len(shown) >= 5
    for command in shown:
        words = shlex.split(command)
        if words[0] != "detect":
            build_parser().parse_args(words)


if __name__ == "__main__":
    README.write_text(
        TABLE.sub(lambda _: render_table(load_rules()), README.read_text(encoding="utf-8")), encoding="utf-8"
    )
