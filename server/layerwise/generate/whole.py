"""A whole spec as one text: the entity's name, its fields in brackets, options behind."""

from typing import Any

from layerwise.errors import nearest, shorten
from layerwise.generate.grammar import MAX_TEXT, Cursor, UnreadableError, Word, parse_tail, split, to_word
from layerwise.generate.problems import Problem

_KEYS = {
    "plural": "plural", "table": "table", "unique": "unique", "check": "checks", "index": "indexes",
    "unique_index": "indexes", "mixins": "mixins", "operations": "operations", "layers": "layers", "read": "auth",
    "write": "auth", "pagination": "pagination", "id": "id", "desc": "description",
}  # fmt: skip


def split_whole(text: str, problems: list[Problem]) -> tuple[str, str, dict[str, Any]]:
    """Name, fields as text, and options of a spec in canonical form; what cannot be read is added to `problems`."""
    if len(text) > MAX_TEXT:
        problems.append(
            Problem("spec", "too_long", f"the spec has {len(text)} characters; at most {MAX_TEXT} are read")
        )
        return "Item", "", {}
    _, unbalanced = split(text, "")
    problems += [Problem("spec", part.code, part.message, position=part.position, source=text) for part in unbalanced]
    if unbalanced:
        return "Item", "", {}
    opening = text.index("(")
    cursor = Cursor(text, opening, len(text))
    fields, _ = cursor.brackets()
    try:
        flags, keys = parse_tail(cursor, 0)
    except UnreadableError as error:
        problems.append(Problem("spec", error.code, error.message, position=error.position, source=text))
        return text[:opening], fields, {}
    for word in flags:
        _refuse(word, text, problems)
    return text[:opening], fields, _read_keys(keys, text, problems)


def _read_keys(keys: tuple[tuple[Word, Word], ...], text: str, problems: list[Problem]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in keys:
        option = _KEYS.get(key.value)
        if option is None:
            _refuse(key, text, problems)
        elif option == "auth":
            options.setdefault("auth", {})[key.value] = value.value
        elif option == "unique":
            options.setdefault("unique", []).append([part for part in value.value.split("+") if part])
        elif option == "checks":
            name, sql = _split_value(value)
            options.setdefault("checks", []).append({"name": name, "sql": sql})
        elif option == "indexes":
            columns, where = _split_value(value)
            index = {"columns": columns, "where": where, "unique": key.value == "unique_index"}
            options.setdefault("indexes", []).append(index)
        else:
            options[option] = value.value
    return options


def _split_value(value: Word) -> tuple[str, str]:
    """`name:"some SQL"` as its two parts."""
    name, _, rest = value.value.partition(":")
    return name, to_word(rest, None).value


def _refuse(word: Word, text: str, problems: list[Problem]) -> None:
    message = f"{shorten(word.value)!r} is no option of a spec"
    suggestion = nearest(word.value, _KEYS)
    problems.append(Problem("spec", "unknown_option", message, tuple(_KEYS), suggestion, word.position, text))
