"""Values of fields: read from text, written as JSON and as Python source."""

import base64
import binascii
import datetime as dt
import json
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

# Defaults that are made when the row is; the text is what the developer writes.
CALLS = {
    "datetime": {"now": "lambda: dt.datetime.now(dt.UTC)"},
    "date": {"today": "lambda: dt.datetime.now(dt.UTC).date()"},
    "uuid": {"random": "uuid4"},
}

_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_DURATION = re.compile(r"(-?)P(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")


def item(field: Field) -> Field:
    """What a list field holds, as a field of its own."""
    return Field(field.name, str(field.args[0]), field.args[1:])


def read_value(field: Field, text: str) -> Any:
    """The JSON value that `text` means for this field; ValueError says what is expected where it means none."""
    kind = TYPES[field.type].kind
    try:
        return _READERS[kind](field, text)
    except (ValueError, InvalidOperation, OverflowError, RecursionError, binascii.Error) as error:
        raise ValueError(_EXPECTED[kind].format(values=", ".join(map(str, field.args)))) from error


def write_source(field: Field, value: Any) -> str:
    """A JSON value of this field as Python source of what the model holds; datetime is imported as `dt`."""
    if value is None:
        return "None"
    writer = _WRITERS.get(TYPES[field.type].kind)
    return writer(field, value) if writer else quote(value)


def quote(value: Any) -> str:
    """A JSON value as Python source, strings in double quotes where they allow it."""
    if isinstance(value, str):
        plain = repr(value)
        return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in value and "\\'" not in plain else plain
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote(key)}: {quote(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(quote, value)) + "]"
    return repr(value)


def enum_members(field: Field) -> tuple[tuple[str, str], ...]:
    """The members of an enum field's class: name and value."""
    return tuple((member_name(str(value)), str(value)) for value in field.args)


def member_name(value: str) -> str:
    """An enum value as a member's name: `in-progress` gives `IN_PROGRESS`."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", value).strip("_").upper()
    return f"VALUE_{name}" if not name or name[0].isdigit() else name


def read_duration(text: str) -> dt.timedelta:
    """An ISO 8601 duration of days, hours, minutes and seconds; ValueError for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    sign, *parts = found.groups()
    days, hours, minutes, seconds = (int(part or 0) for part in parts)
    length = dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if sign else length


def _read_text(_: Field, text: str) -> str:
    if "\x00" in text:
        raise ValueError(text)
    text.encode()
    return text


def _read_int(_: Field, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _read_float(_: Field, text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _read_decimal(_: Field, text: str) -> str:
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > 100:
        raise ValueError(text)
    return format(value, "f")


def _read_bool(_: Field, text: str) -> bool:
    value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.casefold())
    if value is None:
        raise ValueError(text)
    return value


def _read_datetime(_: Field, text: str) -> str:
    value = dt.datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    return value.astimezone(dt.UTC).isoformat()


def _read_time(_: Field, text: str) -> str:
    value = dt.time.fromisoformat(text)
    if value.tzinfo is not None:
        raise ValueError(text)
    return value.isoformat()


def _read_duration(_: Field, text: str) -> str:
    if abs(read_duration(text)) > dt.timedelta(days=36525):
        raise ValueError(text)
    return text


def _read_enum(field: Field, text: str) -> str:
    if text not in field.args:
        raise ValueError(text)
    return text


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _read_json(field: Field, text: str) -> Any:
    value = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(value, list if field.type == "list" else dict):
        raise ValueError(text)
    if field.type == "list":
        return [read_value(item(field), part if isinstance(part, str) else json.dumps(part)) for part in value]
    _read_text(field, json.dumps(value).replace("\\u0000", "\x00"))
    return value


def _read_bytes(_: Field, text: str) -> str:
    base64.b64decode(text, validate=True)
    return text


def _write_datetime(_: Field, value: str) -> str:
    moment = dt.datetime.fromisoformat(value)
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute]
    parts += [moment.second, moment.microsecond] if moment.microsecond else [moment.second] if moment.second else []
    return f"dt.datetime({', '.join(map(str, parts))}, tzinfo=dt.UTC)"


def _write_date(_: Field, value: str) -> str:
    day = dt.date.fromisoformat(value)
    return f"dt.date({day.year}, {day.month}, {day.day})"


def _write_time(_: Field, value: str) -> str:
    time = dt.time.fromisoformat(value)
    parts = [time.hour, time.minute]
    parts += [time.second, time.microsecond] if time.microsecond else [time.second] if time.second else []
    return f"dt.time({', '.join(map(str, parts))})"


def _write_duration(_: Field, value: str) -> str:
    return f"dt.timedelta(seconds={int(read_duration(value).total_seconds())})"


def _write_enum(field: Field, value: str) -> str:
    return f"{field.enum}.{member_name(value)}"


_READERS: dict[str, Callable[[Field, str], Any]] = {
    "text": _read_text,
    "int": _read_int,
    "float": _read_float,
    "decimal": _read_decimal,
    "bool": _read_bool,
    "date": lambda _, text: dt.date.fromisoformat(text).isoformat(),
    "time": _read_time,
    "datetime": _read_datetime,
    "duration": _read_duration,
    "uuid": lambda _, text: str(UUID(text)),
    "enum": _read_enum,
    "json": _read_json,
    "bytes": _read_bytes,
}

_EXPECTED = {
    "text": "text without NUL characters is expected",
    "int": "a whole number is expected",
    "float": "a finite number is expected",
    "decimal": "a decimal number is expected",
    "bool": "true or false is expected",
    "date": "a date such as 2026-01-31 is expected",
    "time": "a time without offset such as 09:30 is expected",
    "datetime": "a moment with its offset such as 2026-01-31T09:30:00Z is expected",
    "duration": "a duration such as PT1H30M or P7D, at most 100 years, is expected",
    "uuid": "a UUID is expected",
    "enum": "one of {values} is expected",
    "json": "JSON of the field's shape is expected",
    "bytes": "base64 is expected",
}

_WRITERS: dict[str, Callable[[Field, Any], str]] = {
    "decimal": lambda _, value: f'Decimal("{value}")',
    "date": _write_date,
    "time": _write_time,
    "datetime": _write_datetime,
    "duration": _write_duration,
    "uuid": lambda _, value: f'UUID("{value}")',
    "enum": _write_enum,
    "bytes": lambda _, value: repr(base64.b64decode(value)).replace("b'", 'b"', 1)[:-1] + '"',
}
