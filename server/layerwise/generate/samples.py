"""Values for the tests of what is generated: valid ones by number, and one that the schema must refuse."""

import base64
import datetime as dt
import json
import uuid
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Any

from layerwise.generate.literals import item, quote, read_duration, read_value, write_source
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

_DAY = dt.date(2026, 1, 1)
_MOMENT = dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC)
# Beyond this a float no longer tells a number from the next.
_HUGE = Decimal(2**53)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def value(field: Field, n: int = 1) -> Any:
    """A JSON value that the field's Create schema takes; values of a field that can be unique differ by `n` from 1."""
    type_ = TYPES[field.type]
    if field.example is not None:
        return read_value(field, field.example.replace("{n}", str(n)))
    if type_.kind == "text":
        return _text(field, n)
    if type_.kind in ("int", "float", "decimal"):
        return _number(field, n)
    if type_.kind in ("date", "datetime", "duration"):
        return _moment(field, n)
    if type_.kind == "time":
        return dt.time(n // 60 % 24, n % 60).isoformat()
    if type_.kind == "bool":
        return n % 2 == 1
    if type_.kind == "uuid":
        return str(uuid.UUID(int=(4 << 76) | (8 << 60) | n))
    if type_.kind == "enum":
        return field.args[(n - 1) % len(field.args)]
    return base64.b64encode(f"bytes {n}".encode()).decode() if type_.kind == "bytes" else _document(field, n)


def create_value(field: Field) -> Any:
    """The JSON value that a test creates a row with."""
    return value(field, 1)


def update_value(field: Field) -> Any:
    """The JSON value that a test changes a row to; another one wherever the field allows two."""
    return value(field, 2)


def invalid_value(field: Field) -> Any:
    """A JSON value that the schema refuses."""
    type_ = TYPES[field.type]
    if type_.invalid is not None:
        return type_.invalid
    return "x" * ((field.max or int(field.args[0] if field.args else type_.length or 0)) + 1)


def invalid_values(field: Field) -> list[Any]:
    """JSON values that the schema refuses: one that no field of the type takes, and those just beyond its bounds."""
    found = [invalid_value(field)]
    kind = TYPES[field.type].kind
    if kind in ("int", "decimal", "float"):
        low, high, _ = limits(field)
        beyond = [low - 1] if (field.ge, field.gt) != (None, None) else []
        beyond += [high + 1] if (field.le, field.lt) != (None, None) else []
        write: Callable[[Decimal], Any] = {"int": int, "float": float}.get(kind, lambda made: format(made, "f"))
        found += [write(made) for made in beyond if abs(made) < _HUGE]
    elif field.type in ("str", "text") and field.min:
        found.append("x" * (field.min - 1))
    return found


def value_source(field: Field, n: int = 1) -> str:
    """`value(field, n)` as Python source of what the model holds; a hash stands for a password."""
    made = value(field, n)
    if field.type == "list" or TYPES[field.type].kind == "json":
        return quote(made)
    return write_source(field, made)


def sequence(field: Field, variable: str = "n") -> str | None:
    """Source of a JSON value that differs with `variable`, a number from 1; None where only a fixed value will do."""
    first, second = value(field, 1), value(field, 2)
    if field.type == "char":
        return f'f"{{{variable}:0{field.args[0]}}}"'
    if isinstance(first, str) and TYPES[field.type].kind == "text":
        template = field.example.replace("{n}", "\0") if field.example else _template(field).replace("{n}", "\0")
        if "\0" in template and "{" not in template:
            return f"f{quote(template)}".replace("\\x00", f"{{{variable}}}")
        return None
    if isinstance(first, int) and not isinstance(first, bool) and second > first:
        return f"{first - (second - first)} + {variable}"
    return None


def _text(field: Field, n: int) -> str:
    high, low = divmod(n, 256)
    template = _template(field)
    if field.type == "tz":
        n = n % 12
    letters = {f"letters{size}": _spell(n, size) for size in (2, 3)}
    made = template.format(n=n, high=high, low=low, **letters)
    if field.type == "char":
        return made.zfill(int(field.args[0]))[-int(field.args[0]) :]
    return made


def _template(field: Field) -> str:
    """The type's sample with the field's label in it, as long as the field allows and needs."""
    template = TYPES[field.type].sample
    if "{label}" not in template:
        return template
    label = field.name.replace("_", " ")
    most = min(
        [size for size in (field.max, field.args[0] if field.args else None) if isinstance(size, int)] or [10_000]
    )
    room = most - 5
    start = f"{label[:room].rstrip()} " if room > 0 else ""
    lead = max(0, (field.min or 0) - len(start) - 1)
    return f"{'x' * lead}{start}{{n}}"


def _spell(n: int, size: int) -> str:
    spelled = ""
    for _ in range(size):
        n, letter = divmod(n, 26)
        spelled = _LETTERS[letter] + spelled
    return spelled


def limits(field: Field) -> tuple[Decimal, Decimal, Decimal]:
    """The lowest and the highest number that the field takes, and a step between two.

    Where the bounds leave no number, the lowest is above the highest.
    """
    type_ = TYPES[field.type]
    with localcontext(prec=100):
        if type_.kind == "decimal":
            digits, places = {"money": (19, 4), "percent": (5, 2)}.get(field.type) or map(int, field.args)
            step = Decimal(1).scaleb(-places)
            widest = Decimal(10) ** (digits - places) - step
        else:
            step, widest = Decimal(1), Decimal(10) ** (300 if type_.kind == "float" else 20)
        low = max(Decimal(bound) for bound in (type_.low, field.ge, field.gt, -widest) if bound is not None)
        high = min(Decimal(bound) for bound in (type_.high, field.le, field.lt, widest) if bound is not None)
        if type_.kind == "float":
            step = min(Decimal("0.5"), (high - low) / 128) if high > low else Decimal(1)
        low += step * (field.gt is not None and low == Decimal(field.gt))
        high -= step * (field.lt is not None and high == Decimal(field.lt))
        if type_.kind != "float":
            low = (low / step).to_integral_value(ROUND_CEILING) * step
        return low, high, step


def _number(field: Field, n: int) -> Any:
    """A number near 40 (whole) or 19.50 where the field allows a hundred of them, else counted from its lowest."""
    kind = TYPES[field.type].kind
    low, high, step = limits(field)
    with localcontext(prec=100):
        start = Decimal(40) if kind == "int" else Decimal("18.50") if step < 1 else Decimal(18)
        if start + 1 < low:
            start = low - 1
        if start + 100 > high:
            start = max(low, high - 100) - 1
        made = low + (n - 1) % max(1, int((high - low) // step) + 1) * step if start + 100 > high else start + n
        if kind == "int":
            return int(made)
        return float(made) if kind == "float" else format(made.quantize(step), "f")


def moment_limits(field: Field) -> tuple[Any, Any]:
    """The first and the last day, moment or length of time that the field takes, None where there is no bound."""
    step = dt.timedelta(days=1) if field.type == "date" else dt.timedelta(seconds=1)
    readers: dict[str, Callable[[str], Any]] = {"date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat}
    read = readers.get(field.type, read_duration)
    bounds = {key: read(read_value(field, text)) for key in ("ge", "gt", "le", "lt") if (text := getattr(field, key))}
    first = bounds["gt"] + step if "gt" in bounds else bounds.get("ge")
    last = bounds["lt"] - step if "lt" in bounds else bounds.get("le")
    return first, last


def _moment(field: Field, n: int) -> str:
    """A day, a moment or a length of time: counted from the first that the field takes, or from 2026."""
    first, last = moment_limits(field)
    unit = dt.timedelta(days=1) if field.type == "date" else dt.timedelta(minutes=1)
    starts: dict[str, Any] = {"date": _DAY, "datetime": _MOMENT}
    start = starts.get(field.type, dt.timedelta(0))
    if first is not None:
        start = first
    elif last is not None:
        start = min(start, last - 1000 * unit)
    if last is not None:
        n %= (last - start) // unit + 1
    made = start + n * unit
    if field.type == "duration":
        seconds = int(made.total_seconds())
        return f"{'-' if seconds < 0 else ''}PT{abs(seconds)}S"
    return str(made.isoformat()).replace("+00:00", "Z")


def _document(field: Field, n: int) -> Any:
    if field.type == "list":
        inner = item(field)
        return [value(inner, n + offset) for offset in range(max(1, field.min or 1))]
    if field.type == "point":
        return {"latitude": 52.0 + n % 30, "longitude": 13.0 + n}
    return json.loads(f'{{"k": {n}}}')
