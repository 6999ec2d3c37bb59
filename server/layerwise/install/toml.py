"""A table in a TOML text: put in and taken out, comments and layout of the rest kept."""

import tomllib
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from layerwise.errors import InvalidInputError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def put_table(text: str, path: tuple[str, ...], value: Mapping[str, Any], name: str) -> str:
    """`text` with the keys of `value` in the table at `path`; keys of the user's in it stay.

    Raises InvalidInputError when the file `name` is malformed, or holds something else on the way to the table.
    """
    import tomlkit
    from tomlkit.items import InlineTable, Table

    document = _read(text, name)
    table: MutableMapping[str, Any] = document
    is_new = False
    for depth, key in enumerate(path, start=1):
        if is_new := key not in table:
            inline = isinstance(table, InlineTable)
            table[key] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=depth < len(path))
        table = table[key]
        if not isinstance(table, MutableMapping):
            raise InvalidInputError(f"{name} holds no table at {'.'.join(path[:depth])}. Rename what is there.")
    for key, each in value.items():
        if table.get(key) != each:
            table[key] = each
    if is_new and isinstance(table, Table):
        table.add(tomlkit.nl())
    result = tomlkit.dumps(document)
    if result.endswith("\n\n") and not text.endswith("\n\n"):
        result = result[:-1]
    return _verify(result, document, path, name)


def take_table(text: str, path: tuple[str, ...], name: str) -> str:
    """`text` without the table at `path`; a table around it goes too where only that one made it exist.

    Raises InvalidInputError when the file `name` is malformed.
    """
    import tomlkit
    from tomlkit.items import Table

    document = _read(text, name)
    tables: list[MutableMapping[str, Any]] = [document]
    for key in path:
        inner = tables[-1].get(key)
        if not isinstance(inner, MutableMapping):
            return text
        tables.append(inner)
    for table, key in reversed(list(zip(tables, path, strict=False))):
        del table[key]
        if table or not (isinstance(table, Table) and table.is_super_table()):
            break
    return _verify(tomlkit.dumps(document), document, path, name)


def _verify(result: str, document: "TOMLDocument", path: tuple[str, ...], name: str) -> str:
    """`result` if it says what the document does: tables that are spelled by dotted keys cannot always be edited."""
    try:
        said = tomllib.loads(result)
    except tomllib.TOMLDecodeError:
        said = {}
    if said != document.unwrap():
        raise InvalidInputError(
            f"{name} spells {path[0]} in a way that cannot be edited safely. Write tables such as [{path[0]}.name]."
        )
    return result


def _read(text: str, name: str) -> "TOMLDocument":
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except (TOMLKitError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInputError(f"{name} is not TOML: {reason[:200]}. Put that right or move it away.") from error
