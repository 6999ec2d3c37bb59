"""A table in a TOML text: put in and taken out, every comment where it was.

A new table goes to the end, and one that goes is cut out as text, because a parser that keeps comments counts those
after a table as part of it. Whatever was done, the result is read again and must say what was meant.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any

from layerwise.errors import InvalidInputError

_Path = tuple[str, ...]


def put_table(text: str, path: _Path, value: Mapping[str, Any], name: str) -> str:
    """`text` with the keys of `value` in the table at `path`; keys of the user's in it stay.

    Raises InvalidInputError when the file `name` is malformed, or holds something else on the way to the table.
    """
    wanted = _read(text, name)
    table = _descend(wanted, path[:-1], name).setdefault(path[-1], {})
    _descend(wanted, path, name)
    if all(table.get(key) == each for key, each in value.items()):
        return text
    is_new = not table
    table.update(value)
    set_keys = partial(_set_keys, text, path, value)
    ways = (partial(_append, text, path, value), set_keys) if is_new else (set_keys,)
    return _choose(ways, wanted, path, name)


def take_table(text: str, path: _Path, name: str) -> str:
    """`text` without the table at `path`, comments after it kept.

    Raises InvalidInputError when the file `name` is malformed.
    """
    wanted = _read(text, name)
    tables: list[Any] = [wanted]
    for key in path:
        tables.append(tables[-1].get(key) if isinstance(tables[-1], dict) else None)
    if tables[-1] is None:
        return text
    del tables[-2][path[-1]]
    return _choose((partial(_cut, text, path), partial(_delete, text, path)), wanted, path, name)


def _append(text: str, path: _Path, value: Mapping[str, Any]) -> str:
    import tomlkit

    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{'.'.join(path)}]\n{tomlkit.dumps(value)}"


def _set_keys(text: str, path: _Path, value: Mapping[str, Any]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    table: MutableMapping[str, Any] = document
    for key in path:
        table = table.setdefault(key, tomlkit.inline_table())
    for key, each in value.items():
        if table.get(key) != each:
            table[key] = each
    return tomlkit.dumps(document)


def _cut(text: str, path: _Path) -> str:
    """`text` without the lines of the table and those inside it, the blank line before them included."""
    dotted = re.escape(".".join(path))
    kept: list[str] = []
    tail: list[str] = []
    is_inside = False
    for line in text.splitlines(keepends=True):
        if re.match(r"\s*\[", line):
            was_inside, is_inside = is_inside, re.match(rf"\s*\[{dotted}[\].]", line) is not None
            if is_inside and not was_inside and kept and not kept[-1].strip():
                kept.pop()
            kept, tail = kept + tail, []
        elif is_inside and line.strip() and not line.lstrip().startswith("#"):
            tail = []
        elif is_inside:
            tail.append(line)
        if not is_inside:
            kept.append(line)
    return "".join(kept + tail)


def _delete(text: str, path: _Path) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    table: MutableMapping[str, Any] = document
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    return tomlkit.dumps(document)


def _choose(ways: Iterable[Callable[[], str]], wanted: Mapping[str, Any], path: _Path, name: str) -> str:
    """The first result that says what is wanted; empty tables count for nothing."""
    from tomlkit.exceptions import TOMLKitError

    for way in ways:
        try:
            result = way()
            said = tomllib.loads(result)
        except (TOMLKitError, ValueError, TypeError):
            continue
        if _without_empty(said) == _without_empty(wanted):
            return result
    raise InvalidInputError(
        f"{name} spells {path[0]} in a way that cannot be edited safely. Write tables such as [{path[0]}.name]."
    )


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    pairs = ((key, _without_empty(value) if isinstance(value, dict) else value) for key, value in table.items())
    return {key: value for key, value in pairs if value != {}}


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInputError(f"{name} is not TOML: {reason[:200]}. Put that right or move it away.") from error


def _descend(table: dict[str, Any], path: _Path, name: str) -> dict[str, Any]:
    """The table at `path`, made where it is missing."""
    for depth, key in enumerate(path, start=1):
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise InvalidInputError(f"{name} holds no table at {'.'.join(path[:depth])}. Rename what is there.")
    return table
