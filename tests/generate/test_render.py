"""Templates and what becomes of their text: blueprints read and refused, imports sorted, lines laid out."""

from pathlib import Path

import pytest

from layerwise import assets
from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.generate.blueprint import parse_blueprint, read_blueprint
from layerwise.generate.layout import format_source, lay_out
from layerwise.generate.source import arrange_imports, tidy

GOOD = """
name = "thing"
description = "A thing."
version = "1"
sample = "create a thing"

[layers.model]
files = ["model.py"]
"""


def write_blueprint(folder: Path, text: str, *templates: str) -> Path:
    home = folder / "thing"
    home.mkdir()
    (home / "blueprint.toml").write_text(text, encoding="utf-8")
    for template in templates:
        (home / template).write_text("x = 1\n", encoding="utf-8")
    return home


@pytest.mark.parametrize("name", ["auth", "backend", "resource"])
def test_a_shipped_blueprint_has_every_template_in_a_layer(name: str) -> None:
    blueprint = read_blueprint(name)
    listed = [file for part in blueprint.layers.values() for file in (*part.files, *part.tests)]
    there = list((assets.folder("templates") / name).rglob("*.jinja"))
    assert len(listed) == len(set(listed)) == len(there)


def test_an_unknown_blueprint_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'resource'"):
        read_blueprint("resorce")


@pytest.mark.parametrize(
    ("text", "templates", "fault"),
    [
        ("name = ", ("model.py.jinja",), "cannot be read"),
        (GOOD.replace('"thing"', '"other"', 1), ("model.py.jinja",), "name is 'other'"),
        (GOOD.replace("version", "vers"), ("model.py.jinja",), "unknown key 'vers'"),
        (GOOD.replace('"A thing."', '" "'), ("model.py.jinja",), "description must be a text"),
        (GOOD, (), "layers.model.files names 'model.py'"),
        (GOOD, ("model.py.jinja", "stray.py.jinja"), "no layer has stray.py.jinja"),
        (GOOD + 'needs = ["service"]\n', ("model.py.jinja",), "layers.model.needs names 'service'"),
        (GOOD + 'tests = ["model.py"]\n', ("model.py.jinja",), "claims model.py"),
        (GOOD + "tests = 1\n", ("model.py.jinja",), "layers.model.tests must be a list"),
        (GOOD + "wishes = 1\n", ("model.py.jinja",), "layers.model must hold only"),
        (GOOD.partition("[")[0], (), "layers must be tables"),
    ],
)
def test_a_malformed_blueprint_is_refused_by_file_and_key(
    tmp_path: Path, text: str, templates: tuple[str, ...], fault: str
) -> None:
    home = write_blueprint(tmp_path, text, *templates)
    with pytest.raises(InvalidInputError) as refusal:
        parse_blueprint(home)
    assert "blueprint.toml" in str(refusal.value)
    assert fault in str(refusal.value)


def test_a_layer_brings_all_that_it_stands_on() -> None:
    blueprint = read_blueprint("resource")
    assert blueprint.expand(["service"]) == ("model", "migration", "schemas", "repository", "service")
    assert blueprint.expand(["nothing"]) == ()


def test_imports_are_pruned_merged_and_sorted_in_sections() -> None:
    text = (
        "from app.b import unused, make\nimport os\nfrom uuid import UUID, uuid4\nfrom app.b import Item\n"
        "import datetime as dt\nfrom fastapi import Depends\n\nx = os, UUID, uuid4, make, Item, dt, Depends\n"
    )
    assert arrange_imports(f'"""Doc."""\n\n{text}') == (
        '"""Doc."""\n\nimport datetime as dt\nimport os\nfrom uuid import UUID, uuid4\n\nfrom fastapi import Depends\n'
        "\nfrom app.b import Item, make\n\nx = os, UUID, uuid4, make, Item, dt, Depends\n"
    )


def test_a_re_export_is_kept_though_nothing_uses_it() -> None:
    assert "from app.a import A as A" in arrange_imports("from app.a import A as A\nfrom app.a import B\n")


MANY = ", ".join(f"argument_{n}: dict[str, int]" for n in range(6))
FEW = ", ".join(f"argument_{n}: int" for n in range(6))
CALL = ", ".join(f"keyword_{n}=value_{n}" for n in range(6))


@pytest.mark.parametrize(
    "text",
    [
        f"def f({MANY}) -> None:\n    pass\n",
        f"def f(first: int, second: dict[str, str], {FEW}) -> list[tuple[int, str]]:\n    # Why\n    pass\n",
        f"class A:\n    async def f(self, first: int, {FEW}) -> int:\n        return 1\n",
        "class A:\n    x = 1\n    def f(self):\n        return { 1: 2}\n\n\n\n    def g(self):\n        pass\ny = 2\n",
        "@decorate(\n    1,\n)\n\n\ndef f() -> None:\n    pass\nx = 1\n",
        f"x = call(\n    make(1, 2),\n    sa.Column(first, sa.String(length=200), {CALL}),\n    [2],\n)\n",
        f"if True:\n    raise ValueError(first_thing + second_thing.called({CALL}) + third)\n",
        f"for x in call(first, second, third, {CALL}):\n    pass\n",
    ],
)
def test_what_outgrows_a_line_or_came_out_empty_is_laid_out_as_black_does(text: str) -> None:
    assert lay_out(text) == format_source(text)


def test_an_empty_module_stays_empty() -> None:
    assert tidy("\n") == ""
