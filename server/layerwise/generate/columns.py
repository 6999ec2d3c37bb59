"""A field as source text: its column in model and migration, its place in the schemas, and what these import."""

import ast
from typing import Literal

from layerwise.generate.literals import CALLS, item, quote, read_value, write_source
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

Import = tuple[str, str]
SchemaSide = Literal["create", "update", "response"]

# Where the project keeps its copies of `support/`; a project with another layout maps these names.
SCHEMA_TYPES = "app.schemas.types"
COLUMN_TYPES = "app.db.types"

_NAMES = {
    "typing": "Any Annotated",
    "decimal": "Decimal",
    "uuid": "UUID uuid4",
    "pydantic": "Field MISSING SecretStr",
    "sqlalchemy": "String Text Integer SmallInteger BigInteger Double Numeric Boolean Date Time Interval Uuid "
    "LargeBinary literal_column",
    "sqlalchemy.orm": "Mapped mapped_column",
    "sqlalchemy.dialects": "postgresql",
    COLUMN_TYPES: "UTCDateTime string_enum json_document",
    SCHEMA_TYPES: "AsJson Storable SafeStr LowerStr Email Url Slug Phone Color Currency Country Locale Timezone "
    "IpAddress IpNetwork Int16 Int32 Int64 UtcDatetime LocalTime Duration JsonObject Base64 Point",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}
_MODULES = {"dt": "datetime as dt", "sa": "sqlalchemy as sa"}
_JSON_NATIVE = ("text", "int", "float", "bool")


def mapped(field: Field) -> str:
    """What stands in `Mapped[...]`: `str`, `Decimal | None`, `OrderStatus`."""
    return _fill(TYPES[field.type].mapped, field) + (" | None" if field.null else "")


def column_type(field: Field) -> str:
    """The SQLAlchemy type in a model: `String(255)`."""
    text = _fill(TYPES[field.type].column, field)
    return f"{text[:-1]}, check=True)" if field.check and field.type == "enum" else text


def migration_type(field: Field) -> str:
    """The SQLAlchemy type in a migration: `sa.String(length=255)`."""
    return _fill(TYPES[field.type].migration, field)


def mapped_column(field: Field) -> str:
    """The right-hand side of the model's attribute: `mapped_column(String(255), unique=True)`."""
    parts = [quote(field.column)] if field.column != field.stored else []
    parts.append(column_type(field))
    parts += [f"{flag}=True" for flag in ("unique", "index") if getattr(field, flag)]
    if field.default is not None:
        parts.append(f"default={default(field)}")
    if field.server_default is not None:
        parts.append(f"server_default=literal_column({quote(field.server_default)})")
    return f"mapped_column({', '.join(parts)})"


def migration_column(field: Field) -> str:
    """The column in a migration; constraints and indexes are named by whoever writes the migration."""
    parts = [quote(field.column), migration_type(field)]
    if field.server_default is not None:
        parts.append(f"server_default=sa.text({quote(field.server_default)})")
    return f"sa.Column({', '.join(parts)}, nullable={field.null})"


def annotation(field: Field) -> str:
    """The Pydantic type without constraints and without None: `SafeStr`, `list[int]`, `Annotated[Meta, AsJson]`."""
    if field.type == "json" and field.args:
        return f"Annotated[{field.args[0]}, AsJson]"
    text = _fill(TYPES[field.type].schema, field)
    if field.type == "list" and TYPES[str(field.args[0])].kind not in _JSON_NATIVE:
        return f"Annotated[{text}, AsJson]"
    return text


def constraints(field: Field) -> tuple[str, ...]:
    """The arguments of Pydantic's `Field` that narrow the type: `max_length=255`, `ge=0`."""
    type_ = TYPES[field.type]
    found = dict(_fill(text, field).split("=", 1) for text in type_.constraints)
    for key, bound in (("min_length", field.min), ("max_length", field.max)):
        if bound is not None:
            found[key] = str(bound)
    if field.pattern is not None:
        found["pattern"] = _raw(field.pattern)
    for key in ("ge", "gt", "le", "lt"):
        if (bound := getattr(field, key)) is not None:
            found.pop({"gt": "ge", "lt": "le"}.get(key, ""), None)
            found[key] = write_source(field, read_value(field, bound))
    return tuple(f"{key}={value}" for key, value in found.items())


def annotated(field: Field) -> str:
    """The Pydantic type with its constraints inside: `Annotated[SafeStr, Field(max_length=255)]`."""
    narrow = constraints(field)
    if not narrow:
        return annotation(field)
    arguments = f"Field({', '.join(narrow)})"
    # In this order a text that is too long is reported as such, not as a list that is.
    return (
        f"Annotated[str, {arguments}, Storable]" if _is_plain(field) else f"Annotated[{annotation(field)}, {arguments}]"
    )


def default(field: Field) -> str:
    """The default in a model, or in a schema's `Field`: a value, or for what changes or can be changed a callable."""
    text = field.default or ""
    if call := CALLS.get(field.type, {}).get(text):
        return call
    source = write_source(field, read_value(field, text))
    if TYPES[field.type].kind == "json":
        return {"[]": "list", "{}": "dict"}.get(source, f"lambda: {source}")
    return source


def schema_field(field: Field, side: SchemaSide) -> str:
    """What follows the name in a schema, annotation and default: `SafeStr = Field(max_length=255)`.

    `create` is also what Base holds. `update` leaves out what was not sent, by `MISSING`, and takes None only where
    NULL is allowed. `response` has no default: what is stored is always there.
    """
    extras = [f"alias={quote(field.key)}"] if field.key != field.attribute else []
    if field.description:
        extras.append(f"description={quote(field.description)}")
    if field.example is not None:
        extras.append(f"examples=[{quote(example(field))}]")
    if side == "update":
        return _assign(f"{annotated(field)} | MISSING{' | None' if field.null else ''}", "MISSING", extras)
    whole = f"{annotated(field)} | None" if field.null else annotated(field)
    if side == "response" or field.required:
        narrow = () if field.null or _has_constraints(field) else constraints(field)
        return _assign(annotation(field) if narrow else whole, None, [*narrow, *extras])
    if field.default is None:
        return _assign(whole, "None", extras)
    source = default(field)
    if TYPES[field.type].kind == "json" or field.default in CALLS.get(field.type, {}):
        return f"{whole} = Field({', '.join([f'default_factory={source}', *extras])})"
    return _assign(whole, source, extras)


def example(field: Field) -> object:
    """The developer's example as a JSON value; `{n}` stands for a running number."""
    return read_value(field, (field.example or "").replace("{n}", "1"))


def imports(*sources: str) -> frozenset[Import]:
    """What these expressions import, as (module, name); the name is empty for `import module`.

    The names of enum classes and of a developer's own models are not known here and are left out.
    """
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name):
                if node.id in _MODULES:
                    found.add((_MODULES[node.id], ""))
                elif node.id in _HOMES:
                    found.add((_HOMES[node.id], node.id))
    return frozenset(found)


def _is_plain(field: Field) -> bool:
    return TYPES[field.type].schema == "SafeStr"


def _has_constraints(field: Field) -> bool:
    """Whether the type narrows what it takes by itself, to which bounds of a `Field` behind it would give way."""
    return _HOMES.get(TYPES[field.type].schema) == SCHEMA_TYPES and not _is_plain(field)


def _assign(annotation: str, default: str | None, arguments: list[str]) -> str:
    if not arguments:
        return annotation if default is None else f"{annotation} = {default}"
    named = arguments if default is None else [f"default={default}", *arguments]
    return f"{annotation} = Field({', '.join(named)})"


def _fill(text: str, field: Field) -> str:
    """A format string of a type's record, filled from the field."""
    if field.type == "enum":
        length = max(32, *(len(str(value)) for value in field.args))
        return text.format(enum=field.enum, length=length)
    if field.type == "list":
        inner = item(field)
        stored = _fill(TYPES[inner.type].mapped, inner) if TYPES[inner.type].kind in _JSON_NATIVE else "str"
        return text.format(item=annotated(inner), stored_item=stored)
    return text.format(*field.args)


def _raw(pattern: str) -> str:
    """A pattern as a raw string where it can be one."""
    if pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\"):
        return f'r"{pattern}"'
    return quote(pattern)
