"""Rendering: a blueprint's templates filled with a context, as texts by path."""

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from layerwise import assets
from layerwise.errors import InvalidInputError, shorten
from layerwise.generate import columns, literals
from layerwise.generate.blueprint import Blueprint
from layerwise.generate.layout import LINE_LENGTH
from layerwise.generate.overrides import FOLDER, Overrides
from layerwise.generate.source import list_names, tidy
from layerwise.generate.target import json_key

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_SUFFIX = ".jinja"


def render(
    blueprint: Blueprint,
    context: Mapping[str, Any],
    names: Mapping[str, str],
    layers: Iterable[str],
    *,
    tests: bool,
    overrides: Overrides,
) -> dict[str, str]:
    """The files of these layers by path, Python in its final format.

    `names` fills the braces in paths: `{snake}.py`. A file that the project has of its own stands in for a shipped one;
    what is wrong with it is an InvalidInputError that names it and the line. Of a shipped one jinja2's UndefinedError
    or a SyntaxError is raised, which is a defect of the blueprint.
    """
    files = {}
    for layer in layers:
        part = blueprint.layers[layer]
        for template in (*part.files, *(part.tests if tests else ())):
            path = f"{blueprint.name}/{template}{_SUFFIX}"
            text = _render_own(path, overrides, context) if path in overrides.texts else _render_shipped(path, context)
            files[template.format(**names)] = text
    return files


def _render_shipped(path: str, context: Mapping[str, Any]) -> str:
    return _finish(path, _environment().get_template(path).render(context))


def _render_own(path: str, overrides: Overrides, context: Mapping[str, Any]) -> str:
    """A template of the project, in a sandbox: it comes with a checkout, and must not reach beyond its variables."""
    import jinja2

    overrides.used.add(path)
    place = f"{FOLDER}/{path}"
    try:
        environment = _environment()
        compiled = environment.compile(overrides.texts[path], path, place)
        template = jinja2.Template.from_code(environment, compiled, environment.make_globals(None))
        return _finish(path, template.render(context))
    except jinja2.TemplateSyntaxError as error:
        raise InvalidInputError(f"{place}, line {error.lineno}: {error.message}.") from error
    except jinja2.UndefinedError as error:
        allowed = ", ".join(sorted({*context, *_environment().globals}))
        raise InvalidInputError(
            f"{place}, line {_find_line(error, place)}: {error.message}. A template may use: {allowed}."
        ) from error
    except SyntaxError as error:
        line = shorten((error.text or "").strip())
        raise InvalidInputError(f"{place} gives no Python: its line {error.lineno}, {line!r}: {error.msg}.") from error
    except Exception as error:
        # A project's template may fail in any way; whatever it is, its author needs the place.
        raise InvalidInputError(f"{place}, line {_find_line(error, place)}: {shorten(str(error), 300)}") from error


def _find_line(error: Exception, place: str) -> int:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == place]
    return (lines[-1] if lines else None) or 1


def _finish(path: str, text: str) -> str:
    return tidy(text) if path.endswith(f".py{_SUFFIX}") else text


@lru_cache(maxsize=1)
def _environment() -> "SandboxedEnvironment":
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
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
        json_key=json_key,
        words=lambda name: name.replace("_", " "),
    )
    environment.globals.update(support=_read_support, support_names=_list_support, line_length=LINE_LENGTH)
    return environment


@lru_cache(maxsize=8)
def _read_support(module: str) -> str:
    """The source of a module of `support/`, which generated projects hold a copy of."""
    if not module.isidentifier():
        raise ValueError(f"there is no support module {shorten(module)!r}")
    return (resources.files("layerwise.generate.support") / f"{module}.py").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def _list_support(module: str) -> str:
    """The names that a module of `support/` defines, separated by commas."""
    return ", ".join(sorted(list_names(_read_support(module), imported=False)))
