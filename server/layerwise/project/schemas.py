"""Pydantic schemas of a project: fields with their types, and what the configuration allows."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from layerwise.project.classes import Classes
from layerwise.project.expressions import (
    callee_name,
    is_true,
    keyword,
    parse_call,
    parse_expression,
    strip_optional,
    unparse,
)
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place

_SCHEMA_BASES = ("BaseModel", "GenericModel", "RootModel", "SQLModel")
_SETTINGS_BASES = ("BaseSettings",)


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field: its annotation as written, its type without None, and whether a value must be given."""

    name: str
    annotation: str
    type: str
    optional: bool
    required: bool
    excluded: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Schema:
    """A Pydantic class with all fields, inherited ones included."""

    symbol: Symbol
    name: str
    place: Place
    fields: tuple[SchemaField, ...]
    from_attributes: bool
    extra: str

    def field(self, name: str) -> SchemaField | None:
        """The field called `name`."""
        return next((field for field in self.fields if field.name == name), None)


def find_schemas(classes: Classes) -> Mapping[Symbol, Schema]:
    """The Pydantic classes of a project by symbol; tables of SQLModel and settings are not among them."""
    return {
        symbol: _read_schema(classes, symbol, klass.name, Place(symbol.partition(JOINT)[0], klass.line))
        for symbol, klass in classes.all()
        if classes.inherits(symbol, *_SCHEMA_BASES)
        and not classes.inherits(symbol, *_SETTINGS_BASES)
        and "table=True" not in klass.keywords
    }


def find_settings(classes: Classes) -> Mapping[Symbol, Schema]:
    """The settings classes of a project by symbol."""
    return {
        symbol: _read_schema(classes, symbol, klass.name, Place(symbol.partition(JOINT)[0], klass.line))
        for symbol, klass in classes.all()
        if classes.inherits(symbol, *_SETTINGS_BASES)
    }


def _read_schema(classes: Classes, symbol: Symbol, name: str, place: Place) -> Schema:
    fields = []
    config: dict[str, ast.expr] = {}
    for path, field in classes.fields(symbol):
        if field.name == "model_config":
            config |= _config(parse_expression(field.value))
        elif field.annotation and not field.name.startswith("_") and not field.annotation.startswith("ClassVar"):
            fields.append(_read_field(field.name, field.annotation, field.value, Place(path, field.line)))
    for owner in (*reversed(classes.ancestors(symbol)), symbol):
        for _, inner in classes.fields(f"{owner}.Config") if JOINT in owner else ():
            if value := parse_expression(inner.value):
                config[inner.name] = value
    extra = config.get("extra")
    return Schema(
        symbol=symbol,
        name=name,
        place=place,
        fields=tuple(fields),
        from_attributes=is_true(config.get("from_attributes")) or is_true(config.get("orm_mode")),
        extra=str(extra.value) if isinstance(extra, ast.Constant) else unparse(extra).rpartition(".")[2],
    )


def _config(node: ast.expr | None) -> dict[str, ast.expr]:
    if isinstance(node, ast.Call):
        return {word.arg: word.value for word in node.keywords if word.arg}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
    return {}


def _read_field(name: str, annotation: str, value: str, place: Place) -> SchemaField:
    node = parse_expression(annotation)
    inner, optional = strip_optional(node)
    call = parse_call(value)
    required = not value
    excluded = False
    if call is not None and callee_name(call) == "Field":
        default = call.args[0] if call.args else keyword(call, "default")
        required = keyword(call, "default_factory") is None and (
            default is None or (isinstance(default, ast.Constant) and default.value is Ellipsis)
        )
        excluded = is_true(keyword(call, "exclude"))
    elif value == "...":
        required = True
    return SchemaField(name, annotation, unparse(inner), optional, required, excluded, place)
