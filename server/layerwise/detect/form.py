"""Values of a TOML file as a skill's author wrote them: as the form asks, or refused by file, place and reason.

`where` names the place within the file: the table or row, and the key.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from layerwise.errors import InvalidInputError, nearest, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse(file: str, data: bytes) -> dict[str, Any]:
    """The tables of a file. Raises InvalidInputError when it is not UTF-8 or not TOML."""
    try:
        return tomllib.loads(data.decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise refuse(file, "the file", f"is not UTF-8 (byte {error.start})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse(file, "the file", f"is not TOML: {error}") from error


def refuse(file: str, where: str, reason: str) -> InvalidInputError:
    """The error to raise for what stands at a place."""
    return InvalidInputError(f"{file}, {where}: {reason}.")


def check_name(file: str, where: str, name: str, known: Iterable[str]) -> None:
    """Raises InvalidInputError, with the nearest known name or all of them, when `name` is not known."""
    names = list(known)
    if name not in names:
        match = nearest(name, names)
        guess = f" Did you mean {match!r}?" if match else f" Known: {', '.join(names)}"
        raise refuse(file, where, f"{shorten(name)!r} is not known.{guess}")


def read_table(file: str, where: str, value: object, keys: Iterable[str] = ()) -> dict[str, Any]:
    """A table; with `keys`, one that holds no others."""
    if not isinstance(value, dict):
        raise refuse(file, where, "must be a table")
    for key in value if keys else ():
        check_name(file, where, key, keys)
    return value


def read_text(file: str, where: str, value: object) -> str:
    """A string that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(file, where, "must be a string with something in it")
    return value


def read_texts(file: str, where: str, value: object) -> list[str]:
    """A list of strings that are not blank; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise refuse(file, where, "must be a list of strings with something in them")
    return value


def read_number(file: str, where: str, value: object) -> float:
    """A number between -100 and 100."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 100:
        raise refuse(file, where, "must be a number between -100 and 100")
    return float(value)
