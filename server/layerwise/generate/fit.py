"""Whether a value fits a field's own constraints, by what the generated schema will say of it."""

import re
from decimal import Decimal
from typing import Any

from layerwise.generate.literals import item, read_duration, read_value
from layerwise.generate.samples import limits
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def find_fault(field: Field, value: Any) -> str | None:
    """Why the JSON `value`, already of the field's type, breaks its constraints; None when it fits."""
    type_ = TYPES[field.type]
    if field.type == "list":
        return _list_fault(field, value)
    if type_.kind == "text":
        return _text_fault(field, value)
    if type_.kind in ("int", "float", "decimal"):
        return _number_fault(field, Decimal(str(value)))
    if type_.kind in ("date", "datetime", "duration"):
        return _order_fault(field, value)
    return None


def find_pattern_fault(pattern: str) -> str | None:
    """Why Pydantic cannot use `pattern`, whose expressions know neither look-around nor back-references."""
    from pydantic import StringConstraints, TypeAdapter
    from pydantic_core import SchemaError

    try:
        _adapt(TypeAdapter, str, StringConstraints(pattern=pattern))
    except SchemaError:
        return "is no regular expression that Pydantic takes (look-around and back-references are not)"
    return None


def _adapt(adapter: Any, base: Any, constraints: Any) -> Any:
    from typing import Annotated

    return adapter(Annotated[base, constraints])


def _text_fault(field: Field, value: str) -> str | None:
    if field.type == "email":
        return None if _EMAIL.fullmatch(value) and len(value) <= 254 else "it is no e-mail address"
    if field.type == "password":
        return None if 8 <= len(value) <= 128 else "a password has 8 to 128 characters"
    from pydantic import StringConstraints, TypeAdapter, ValidationError

    from layerwise.generate.support import schema_types

    size = field.args[0] if field.args else TYPES[field.type].length
    length = int(size) if size is not None else None
    lowest = length if field.type == "char" else field.min
    highest = min((bound for bound in (length, field.max) if bound is not None), default=None)
    narrow = StringConstraints(min_length=lowest, max_length=highest, pattern=field.pattern)
    base = getattr(schema_types, TYPES[field.type].schema)
    try:
        _adapt(TypeAdapter, str if field.type in ("str", "text", "char", "file") else base, narrow).validate_python(
            value
        )
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return None


def _number_fault(field: Field, value: Decimal) -> str | None:
    low, high, step = limits(field)
    if value < low or value > high:
        return f"it is not within {low} and {high}"
    kind = TYPES[field.type].kind
    exponent = value.normalize().as_tuple().exponent
    if kind == "decimal" and isinstance(exponent, int) and -exponent > -int(step.adjusted()):
        return f"it has more digits behind the point than {field.type} holds"
    return None


def _order_fault(field: Field, value: str) -> str | None:
    def key(text: str) -> Any:
        return read_duration(text) if field.type == "duration" else read_value(field, text)

    made = key(value)
    wrong = [
        ("ge", field.ge is not None and made < key(field.ge)),
        ("gt", field.gt is not None and made <= key(field.gt)),
        ("le", field.le is not None and made > key(field.le)),
        ("lt", field.lt is not None and made >= key(field.lt)),
    ]
    return next((f"it breaks {bound}={getattr(field, bound)}" for bound, broken in wrong if broken), None)


def _list_fault(field: Field, values: list[Any]) -> str | None:
    if len(values) < (field.min or 0) or (field.max is not None and len(values) > field.max):
        return f"it has {len(values)} items"
    inner = item(field)
    return next((fault for value in values if (fault := find_fault(inner, value))), None)
