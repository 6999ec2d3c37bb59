"""Templates of a team's own: copied, changed, checked, used and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

SERVICE = "resource/app/services/{snake}.py.jinja"
OWN = Path(".layerwise/templates") / SERVICE


@pytest.fixture
def own(run: Run) -> Path:
    """A copy of the template of services."""
    assert run("templates", "eject", SERVICE, "--apply").code == 0
    return OWN


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_templates_are_listed_with_those_that_the_project_has(run: Run, own: Path) -> None:
    rows = json.loads(run("templates", "list", "--json").out)["templates"]
    assert {"path": SERVICE, "own": True} in rows
    assert len(rows) > 60
    assert sum(row["own"] for row in rows) == 1


def test_ejecting_is_a_preview_first_and_never_overwrites(run: Run) -> None:
    assert "nothing written yet" in run("templates", "eject", SERVICE).out
    assert not OWN.exists()
    run("templates", "eject", SERVICE, "--apply")
    change(OWN, '"""Business rules', '"""Our rules')
    again = run("templates", "eject", SERVICE, "--apply")
    assert "stays as it is" in again.out
    assert "Our rules" in OWN.read_text(encoding="utf-8")


def test_a_template_of_the_projects_own_is_used_and_named(run: Run, own: Path) -> None:
    change(own, '"""Business rules', '"""Our rules')
    made = run("generate", "Product", "--fields", "name:str(50)", "--apply")
    assert f"{OWN.as_posix()} stands in for the shipped template" in made.out
    assert (
        Path("backend/app/services/product.py").read_text(encoding="utf-8").startswith('"""Our rules of products."""')
    )
    assert run("templates", "check").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n{% if %}\n", "line 2: Expected an expression"),
        ("x = 1\n{{ spek.name }}\n", "line 2: 'spek' is undefined. A template may use: account"),
        ("x = 1\n\n{{ spec.nam }}\n", "line 3: "),
        ("def half(\n", "gives no Python: its line 1"),
        ("{{ spec.__class__.__mro__ }}\n", "line 1: "),
        ("{{ support('../../secret') }}\n", "there is no support module"),
        ("{% include '/etc/passwd' %}\n", "line 1: "),
        ("{{ 'x' * 10 ** 12 }}\n", "line 1: "),
    ],
)
def test_a_fault_in_a_template_is_told_with_file_and_line(run: Run, own: Path, text: str, said: str) -> None:
    own.write_text(text, encoding="utf-8")
    checked = run("templates", "check")
    assert checked.code == 1
    assert OWN.as_posix() in checked.out
    assert said in checked.out
    made = run("generate", "Product", "--fields", "name:str(50)")
    assert (made.code, OWN.as_posix() in made.err) == (2, True)


def test_a_template_that_breaks_a_rule_or_a_name_fails_the_check(run: Run, own: Path) -> None:
    own.write_text('"""Services."""\n\nfrom app.core.nowhere import gone\n\nprint(gone)\n', encoding="utf-8")
    checked = run("templates", "check")
    assert (checked.code, "app.core.nowhere.gone does not exist" in checked.out) == (1, True)


def test_a_template_that_replaces_nothing_is_named_with_the_nearest(run: Run) -> None:
    stray = OWN.with_name("{snak}.py.jinja")
    stray.parent.mkdir(parents=True)
    stray.write_text("x = 1\n", encoding="utf-8")
    checked = run("templates", "check")
    assert checked.code == 1
    assert "replaces no template" in checked.out
    assert SERVICE in checked.out


def test_an_unknown_template_is_not_ejected(run: Run) -> None:
    done = run("templates", "eject", "resource/app/service/{snake}.py.jinja")
    assert (done.code, f"Did you mean '{SERVICE}'" in done.err) == (2, True)
    assert run("templates", "eject").code == 2
