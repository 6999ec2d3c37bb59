"""Attributes of the new resource as the project's own code would write them: types, columns, values for tests."""

import re
from dataclasses import dataclass

from layerwise.generate import samples
from layerwise.generate.literals import quote, read_value, write_source
from layerwise.generate.spec import Field, Relation
from layerwise.generate.types import TYPES

Import = tuple[str, str]

_PYTHON = {
    "text": "str", "int": "int", "float": "float", "decimal": "Decimal", "bool": "bool", "date": "date", "time": "time",
    "datetime": "datetime", "duration": "timedelta", "uuid": "UUID", "json": "dict[str, Any]", "bytes": "bytes",
}  # fmt: skip
_HOMES = {
    "Decimal": "decimal", "date": "datetime", "time": "datetime", "datetime": "datetime", "timedelta": "datetime",
    "UUID": "uuid", "Any": "typing", "Literal": "typing", "Optional": "typing", "Annotated": "typing",
}  # fmt: skip
_NAME = re.compile(r"(?<![\w.\"'])[A-Za-z_]\w*")
# What a database or a serialiser may give back in another form than it got.
_CHANGING = frozenset({"datetime", "time", "duration", "float", "bytes"})


@dataclass(frozen=True, slots=True)
class Target:
    """A model of the project that the new resource refers to: its class and module, table and key."""

    name: str
    module: str
    table: str
    key: str
    key_python: str
    key_type: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field or a reference of the new resource.

    `python` is its type in annotations, `column` its SQLAlchemy type; `constraints` are the arguments of a schema's
    `Field`. `create` and `update` are sources of JSON values for tests; `stored` and `restored` of what a model holds.
    """

    name: str
    python: str
    column: str
    constraints: tuple[str, ...]
    null: bool
    default: str | None
    unique: bool
    index: bool
    filter: bool
    create: str
    update: str
    stored: str
    restored: str
    echoes: bool
    text: bool
    spelled: bool = False
    target: Target | None = None
    on_delete: str = ""

    @property
    def required(self) -> bool:
        return not self.null and self.default is None

    def annotation(self, *, optional: bool, old_style: bool) -> str:
        """The type, with None where asked, as `Optional[X]` in the old style."""
        if not optional:
            return self.python
        return f"Optional[{self.python}]" if old_style else f"{self.python} | None"


def describe_field(field: Field, *, aware: bool, emails: bool) -> Attribute:
    """A field of the wish. `aware`: moments have a time zone here; `emails`: EmailStr is known here."""
    type_ = TYPES[field.type]
    python = _python_type(field, emails=emails)
    column = _column_type(field, aware=aware)
    return Attribute(
        name=field.attribute,
        python=python,
        column=column,
        constraints=_constraints(field),
        null=field.null,
        default=_default(field),
        unique=field.unique,
        index=field.index,
        filter=field.filter,
        create=_json(field, 1),
        update=_json(field, 2),
        stored=_stored(field, 1),
        restored=_stored(field, 2),
        echoes=type_.kind not in _CHANGING,
        text=type_.kind == "text",
        spelled=type_.kind in ("decimal", "uuid", "date"),
    )


def describe_reference(relation: Relation, target: Target) -> Attribute:
    """A reference of the wish; tests put the key of a row that they make in the variable of its name."""
    spelled = target.key_python.endswith("UUID")
    json = f"str({relation.attribute})" if spelled else relation.attribute
    return Attribute(
        name=relation.attribute,
        python=target.key_python,
        column=target.key_type,
        constraints=(),
        null=relation.null,
        default=None,
        unique=relation.unique or relation.kind == "o2o",
        index=True,
        filter=relation.filter,
        create=json,
        update=json,
        stored=relation.attribute,
        restored=relation.attribute,
        echoes=True,
        text=False,
        spelled=spelled,
        target=target,
        on_delete=relation.on_delete.replace("_", " ").upper(),
    )


def find_imports(source: str) -> set[Import]:
    """What types and values in `source` need from the standard library."""
    return {(_HOMES[name], name) for name in _NAME.findall(source) if name in _HOMES}


def _python_type(field: Field, *, emails: bool) -> str:
    if field.type == "email" and emails:
        return "EmailStr"
    if field.type == "enum":
        return f"Literal[{', '.join(quote(str(value)) for value in field.args)}]"
    if field.type == "list":
        inner = TYPES[str(field.args[0])].kind
        return f"list[{_PYTHON.get(inner, 'str') if inner in ('text', 'int', 'float', 'bool') else 'str'}]"
    return _PYTHON[TYPES[field.type].kind]


def _column_type(field: Field, *, aware: bool) -> str:
    kind = TYPES[field.type].kind
    if kind == "enum":
        return f"String({max(32, *(len(str(value)) for value in field.args))})"
    if kind == "json":
        return "JSON"
    if kind == "datetime":
        return "DateTime(timezone=True)" if aware else "DateTime"
    if kind == "float":
        return "Float"
    text = TYPES[field.type].column.format(*field.args)
    return text.removesuffix("()")


def _constraints(field: Field) -> tuple[str, ...]:
    if field.type in ("email", "url"):
        return (f"max_length={TYPES[field.type].length}",) if field.type == "url" else ()
    found: dict[str, str] = {}
    for text in TYPES[field.type].constraints:
        key, _, value = text.format(*field.args).partition("=")
        found[key] = value
    if field.min is not None:
        found["min_length"] = str(field.min)
    if field.max is not None:
        found["max_length"] = str(field.max)
    if field.pattern is not None:
        found["pattern"] = quote(field.pattern)
    for key in ("ge", "gt", "le", "lt"):
        if (bound := getattr(field, key)) is not None:
            found.pop({"gt": "ge", "lt": "le"}.get(key, ""), None)
            source = write_source(field, read_value(field, bound))
            found[key] = re.sub(r'^Decimal\("(-?\d+)"\)$', r"\1", source)
    return tuple(f"{key}={value}" for key, value in found.items())


def _default(field: Field) -> str | None:
    if field.default is None or TYPES[field.type].kind in ("json", "datetime", "date", "time", "duration", "uuid"):
        return None
    return write_source(field, read_value(field, field.default))


def _naive(field: Field, n: int) -> object:
    made = samples.value(field, n)
    return str(made).removesuffix("Z") if TYPES[field.type].kind == "datetime" else made


def _json(field: Field, n: int) -> str:
    return quote(_naive(field, n))


def _stored(field: Field, n: int) -> str:
    if TYPES[field.type].kind == "json":
        return quote(samples.value(field, n))
    source = write_source(field, samples.value(field, n))
    return source.replace("dt.", "").replace(", tzinfo=UTC", "")
