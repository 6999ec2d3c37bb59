"""Whether what a field says about itself fits together."""

from layerwise.errors import shorten
from layerwise.generate.fit import find_fault, find_pattern_fault
from layerwise.generate.grammar import Word
from layerwise.generate.literals import CALLS, read_value
from layerwise.generate.reading import Reading
from layerwise.generate.samples import limits, moment_limits
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

_NUMBERS = ("int", "float", "decimal")
_BOUNDED = (*_NUMBERS, "date", "datetime", "duration")
_PATTERNED = ("str", "text", "ci_str", "char")
_WORDS = ("text",)
_UNSORTED = ("json", "bytes")


def check_flags(reading: Reading, field: Field, _: dict[str, Word]) -> None:
    """Flags that the type cannot have, and flags that exclude each other."""
    type_ = TYPES[field.type]
    impossible = [
        ("unique", field.unique and not type_.unique, "unique"),
        ("search", field.search and type_.kind not in _WORDS, "searched"),
        ("filter", field.filter and type_.kind in _UNSORTED, "filtered by"),
        ("sortable", field.sortable and type_.kind in _UNSORTED, "sorted by"),
        ("index", field.index and (type_.kind in _UNSORTED or field.type == "text"), "indexed"),
        ("check", field.check and field.type != "enum", "checked as an enum"),
    ]
    for flag, wrong, verb in impossible:
        if wrong:
            reading.refuse("flags", "flag_unfit", f"a {field.type} cannot be {verb}; leave out {flag}")
    if field.readonly and field.writeonly:
        reading.refuse("flags", "flag_clash", "readonly and writeonly exclude each other")
    if field.secret and (field.filter or field.search or field.sortable):
        reading.refuse("flags", "flag_clash", "a field that is never shown cannot be filtered, searched or sorted by")
    if field.type == "password" and (field.readonly or field.default is not None):
        reading.refuse("flags", "flag_clash", "a password is always written, never read, and has no default")
    if field.required and (field.readonly or field.internal):
        message = "a field that no request may set needs a default or NULL"
        reading.refuse("default", "default_missing", message, suggestion=f"{field.name}:{reading.item.type.value}?")


def check_bounds(reading: Reading, field: Field, keys: dict[str, Word]) -> None:
    """Bounds that the type cannot have, cannot be read, or leave no value."""
    kind = TYPES[field.type].kind
    readable = True
    for key in ("ge", "gt", "le", "lt"):
        if key not in keys:
            continue
        if kind not in _BOUNDED:
            reading.refuse(key, "key_unfit", f"a {field.type} has no {key}", keys[key])
            readable = False
        elif message := _unreadable(field, keys[key].value):
            reading.refuse(key, "invalid_value", f"{key}: {message}", keys[key])
            readable = False
    for loose, strict in (("ge", "gt"), ("le", "lt")):
        if loose in keys and strict in keys:
            reading.refuse(strict, "given_twice", f"give {loose} or {strict}, not both", keys[strict])
            readable = False
    if readable and _is_empty(field):
        reading.refuse("bounds", "empty_range", f"no {field.type} lies within these bounds")
    _check_sizes(reading, field, keys)


def check_texts(reading: Reading, field: Field, keys: dict[str, Word]) -> None:
    """Default, example, pattern and source: whether they can be read and fit the field."""
    default = field.default
    if default is not None and default not in CALLS.get(field.type, {}) and (message := _fault(field, default)):
        message = f"the default {shorten(default)!r} does not fit: {message}"
        reading.refuse("default", "invalid_value", message, reading.item.default)
    if field.pattern is not None and not _check_pattern(reading, field, keys):
        return
    if field.example is not None:
        first = field.example.replace("{n}", "1")
        if message := _fault(field, first):
            reading.refuse("example", "invalid_value", f"the example does not fit: {message}", keys["example"])
        elif field.unique and "{n}" not in field.example:
            reading.refuse(
                "example", "invalid_value", "the example of a unique field holds {n}, a number", keys["example"]
            )
    if field.source is not None and field.type != "slug":
        reading.refuse("on", "key_unfit", f"only a slug is made from another field, not a {field.type}", keys["on"])


def _check_sizes(reading: Reading, field: Field, keys: dict[str, Word]) -> None:
    type_ = TYPES[field.type]
    sized = field.type == "list" or field.type in (*_PATTERNED, "file")
    for key in ("min", "max", "len"):
        if key in keys and not sized:
            hint = "; write ge and le" if type_.kind in _NUMBERS else ""
            reading.refuse(key, "key_unfit", f"a {field.type} has no {key}{hint}", keys[key])
    if not sized:
        return
    most = {"str": field.args, "ci_str": field.args, "char": field.args, "file": (1024,)}.get(field.type, ())
    limit = int(most[0]) if most else None
    for key, size in (("min", field.min), ("max", field.max)):
        if size is not None and limit is not None and size > limit:
            reading.refuse(
                key, "empty_range", f"{key}={size} is more than the type's {limit} characters", keys.get(key)
            )
    if field.min is not None and field.max is not None and field.min > field.max:
        reading.refuse("min", "empty_range", f"min={field.min} is more than max={field.max}", keys.get("min"))
    if field.max == 0:
        reading.refuse("max", "empty_range", "max is at least 1", keys.get("max"))
    if field.type == "char" and (field.min is not None or field.max is not None):
        reading.refuse("min", "key_unfit", "a char has exactly its n characters", keys.get("min") or keys.get("max"))


def _check_pattern(reading: Reading, field: Field, keys: dict[str, Word]) -> bool:
    word = keys["pattern"]
    if field.type not in _PATTERNED:
        allowed = ", ".join(_PATTERNED)
        reading.refuse("pattern", "key_unfit", f"a {field.type} has no pattern; {allowed} have", word)
    elif message := find_pattern_fault(field.pattern or ""):
        reading.refuse("pattern", "invalid_value", f"the pattern {message}", word)
    elif field.example is None:
        message = "a pattern needs an example that matches, for the tests; {n} in it stands for a number"
        reading.refuse("example", "example_missing", message, word, suggestion='example="A-{n}"')
    else:
        return True
    return False


def _unreadable(field: Field, text: str) -> str | None:
    try:
        read_value(field, text)
    except ValueError as error:
        return str(error)
    return None


def _fault(field: Field, text: str) -> str | None:
    """Why `text` is no value that the field takes."""
    return _unreadable(field, text) or find_fault(field, read_value(field, text))


def _is_empty(field: Field) -> bool:
    kind = TYPES[field.type].kind
    if kind in _NUMBERS:
        low, high, _ = limits(field)
        return low > high
    first, last = moment_limits(field)
    return first is not None and last is not None and bool(first > last)
