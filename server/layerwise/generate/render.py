"""Rendering: a blueprint's templates filled with a context, as texts by path."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from layerwise import assets
from layerwise.generate import columns, literals
from layerwise.generate.blueprint import Blueprint
from layerwise.generate.layout import LINE_LENGTH
from layerwise.generate.source import list_names, tidy

if TYPE_CHECKING:
    from jinja2 import Environment


def render(
    blueprint: Blueprint, context: Mapping[str, Any], names: Mapping[str, str], layers: Iterable[str], *, tests: bool
) -> dict[str, str]:
    """The files of these layers by path, Python in its final format.

    `names` fills the braces in paths: `{snake}.py`. Raises jinja2's UndefinedError or a SyntaxError where a template
    and its context do not fit, which is a defect of the blueprint.
    """
    files = {}
    for layer in layers:
        part = blueprint.layers[layer]
        for template in (*part.files, *(part.tests if tests else ())):
            files[template.format(**names)] = render_file(f"{blueprint.name}/{template}.jinja", context)
    return files


def render_file(template: str, context: Mapping[str, Any]) -> str:
    """One template, by its path under `templates/`."""
    text = _environment().get_template(template).render(context)
    return tidy(text) if template.endswith(".py.jinja") else text


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(assets.folder("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(
        mapped=columns.mapped,
        mapped_column=columns.mapped_column,
        schema_field=columns.schema_field,
        optional_field=lambda field: columns.schema_field(replace(field, null=True), "create"),
        plain=lambda field: replace(field, unique=False),
        enum_members=literals.enum_members,
        quote=literals.quote,
        quote_list=lambda values: literals.quote(list(values)),
        words=lambda name: name.replace("_", " "),
    )
    environment.globals.update(support=_read_support, support_names=_list_support, line_length=LINE_LENGTH)
    return environment


@lru_cache(maxsize=8)
def _read_support(module: str) -> str:
    """The source of a module of `support/`, which generated projects hold a copy of."""
    return (resources.files("layerwise.generate.support") / f"{module}.py").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def _list_support(module: str) -> str:
    """The names that a module of `support/` defines, separated by commas."""
    return ", ".join(sorted(list_names(_read_support(module), imported=False)))
