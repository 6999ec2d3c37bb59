"""From an item of the grammar to a Field, with everything that is wrong with it."""

import re

from layerwise.errors import nearest, shorten
from layerwise.generate.field_checks import check_bounds, check_flags, check_texts
from layerwise.generate.grammar import Word
from layerwise.generate.literals import member_name
from layerwise.generate.names import class_case
from layerwise.generate.reading import Reading
from layerwise.generate.spec import Field
from layerwise.generate.types import ITEM_TYPES, TYPES, resolve

FLAGS = ("unique", "index", "filter", "search", "sortable", "immutable", "readonly", "writeonly", "internal", "check")
KEYS = ("ge", "gt", "le", "lt", "min", "max", "len", "pattern", "example", "desc", "alias", "column", "sdefault", "on")

_COLUMN = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")
_CLASS = re.compile(r"[A-Z][A-Za-z0-9_]{0,49}")
_MAX_VALUES = 100


def read_field(reading: Reading, type_name: str) -> Field:
    """The field that the item describes; where it has a problem, the nearest to it."""
    flags = reading.flags(FLAGS)
    keys = reading.keys(KEYS)
    type_name, args = _type_and_arguments(reading, type_name)
    default = reading.item.default
    null_default = default is not None and default.value == "null" and not default.quoted
    length = reading.count(keys, "len")
    field = Field(
        reading.name,
        type_name,
        args,
        null=reading.null or null_default,
        default=default.value if default is not None and not null_default else None,
        unique="unique" in flags,
        index="index" in flags,
        filter="filter" in flags,
        search="search" in flags,
        sortable="sortable" in flags,
        immutable="immutable" in flags,
        readonly="readonly" in flags,
        writeonly="writeonly" in flags or type_name == "password",
        internal="internal" in flags,
        check="check" in flags,
        ge=_text(keys, "ge"),
        gt=_text(keys, "gt"),
        le=_text(keys, "le"),
        lt=_text(keys, "lt"),
        min=reading.count(keys, "min") if length is None else length,
        max=reading.count(keys, "max") if length is None else length,
        pattern=_text(keys, "pattern"),
        source=_text(keys, "on"),
        server_default=_text(keys, "sdefault"),
        column_name=_named(reading, keys, "column", _COLUMN, "a-z, 0-9 and underscores"),
        alias=_named(reading, keys, "alias", _ALIAS, "letters, digits, and one of _ . -"),
        example=_text(keys, "example"),
        description=_text(keys, "desc"),
        enum=reading.entity + class_case(reading.name) if type_name == "enum" else "",
    )
    for check in (check_flags, check_bounds, check_texts):
        check(reading, field, keys)
    return field


def _text(keys: dict[str, Word], key: str) -> str | None:
    return keys[key].value if key in keys else None


def _named(reading: Reading, keys: dict[str, Word], key: str, form: re.Pattern[str], allowed: str) -> str | None:
    word = keys.get(key)
    if word is None:
        return None
    if not form.fullmatch(word.value):
        message = f"{key} is a name of {allowed}, at most 63 characters, not {shorten(word.value)!r}"
        reading.refuse(key, "invalid_value", message, word)
        return None
    return word.value


def _type_and_arguments(reading: Reading, type_name: str) -> tuple[str, tuple[str | int, ...]]:
    words = reading.item.args
    if type_name == "list" and not reading.item.many:
        inner, words = _read_list_item(reading, words)
    elif reading.item.many:
        inner = type_name
    else:
        return type_name, _arguments(reading, type_name, words)
    if inner not in ITEM_TYPES:
        message = f"a list holds plain values, not {shorten(inner)!r}"
        reading.refuse("type", "list_item", message, reading.item.type, allowed=ITEM_TYPES, suggestion="str")
        inner, words = "str", None
    return "list", (inner, *_arguments(reading, inner, words))


def _read_list_item(reading: Reading, words: tuple[Word, ...] | None) -> tuple[str, tuple[Word, ...] | None]:
    """What `list(T)` or `list(T(args))` holds: the type and its arguments."""
    if not words:
        reading.refuse("type", "args", "list names what it holds, such as list(int)", reading.item.type)
        return "str", None
    # list(decimal(10,2)) comes as one word, list(str, 50) as two: both are read.
    name, bracket, rest = words[0].value.partition("(")
    inner = resolve(name.strip()) or name
    if not bracket:
        return inner, words[1:] or None
    arguments = (part.strip() for part in rest.rstrip(") ").split(","))
    return inner, tuple(Word(part, words[0].position) for part in arguments if part)


def _arguments(reading: Reading, type_name: str, words: tuple[Word, ...] | None) -> tuple[str | int, ...]:
    """The type's arguments, defaults filled in."""
    given = words or ()
    if type_name == "enum":
        return _enum_values(reading, given)
    if type_name == "json":
        return _json_model(reading, given)
    parameters = TYPES[type_name].parameters
    if len(given) > len(parameters):
        wanted = ", ".join(parameter.name for parameter in parameters)
        message = f"{type_name} takes {wanted}" if wanted else f"{type_name} takes no arguments"
        reading.refuse("type", "args", message, given[len(parameters)])
    values: list[int] = []
    for position, parameter in enumerate(parameters):
        word = given[position] if position < len(given) else None
        text = word.value if word else ""
        if word is None and parameter.default is not None:
            values.append(min(parameter.default, values[0]) if values else parameter.default)
        elif re.fullmatch(r"[0-9]{1,6}", text) and parameter.low <= int(text) <= parameter.high:
            values.append(int(text))
        else:
            message = f"{type_name}({parameter.name}) is a number from {parameter.low} to {parameter.high}"
            message += f", not {shorten(text)!r}" if word else f", such as {type_name}({max(2, parameter.low)})"
            reading.refuse("type", "args", message, word or reading.item.type)
            values.append(parameter.high if parameter.name != "s" else 0)
    if type_name == "decimal" and values[1] > values[0]:
        reading.refuse("type", "args", "decimal(p,s) has at most p digits, so s is at most p", given[-1])
        values = [values[1], values[1]]
    return tuple(values)


def _enum_values(reading: Reading, words: tuple[Word, ...]) -> tuple[str, ...]:
    values = tuple(word.value for word in words)
    members: dict[str, str] = {}
    for word in words:
        member = member_name(word.value)
        if not re.fullmatch(r"[\w .:/+-]{1,100}", word.value, re.ASCII) or member == "VALUE_":
            message = f"an enum value is up to 100 letters, digits, spaces and ._:/+-, not {shorten(word.value)!r}"
            reading.refuse("type", "enum_value", message, word)
        elif member in members:
            message = f"the enum values {members[member]!r} and {word.value!r} would both be called {member}"
            reading.refuse("type", "enum_value", message, word)
        members.setdefault(member, word.value)
    if not values or len(values) > _MAX_VALUES:
        message = f"enum names 1 to {_MAX_VALUES} values, such as enum(draft,published)"
        reading.refuse("type", "args", message, reading.item.type)
        return values[:_MAX_VALUES] or ("draft",)
    return values


def _json_model(reading: Reading, words: tuple[Word, ...]) -> tuple[str, ...]:
    if not words:
        return ()
    name = words[0].value
    if len(words) > 1 or not _CLASS.fullmatch(name):
        message = f"json takes the class of one Pydantic model, such as json(Meta), not {shorten(name)!r}"
        reading.refuse("type", "args", message, words[0], suggestion=nearest(name, [class_case(name)]))
        return ()
    return (name,)
