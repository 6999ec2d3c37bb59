"""The options of a spec beside its fields, each in any of its forms."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, get_args

from layerwise.errors import nearest, shorten
from layerwise.generate import reserved
from layerwise.generate.problems import Problem
from layerwise.generate.spec import LAYERS, OPERATIONS, Auth, Check, IdType, Index, Mixin, Pagination

OPTIONS = (
    "plural", "table", "relations", "unique", "checks", "indexes", "mixins", "operations", "layers", "auth",
    "pagination", "id", "description",
)  # fmt: skip
ACCESS = ("auto", "public", "user", "superuser", "owner")
_ALIASES = {"unique_together": "unique", "id_type": "id", "desc": "description", "constraints": "checks"}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def read_options(given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """The options as arguments of `Spec`, columns still by the names given; what is wrong is added to `problems`."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        option = _ALIASES.get(key, key)
        if option not in OPTIONS:
            message = f"{shorten(key)!r} is no option of a spec"
            known = ("name", "fields", *OPTIONS)
            problems.append(Problem(shorten(key), "unknown_option", message, known, nearest(key, known)))
        elif value is not None and option in _READERS:
            attribute, read = _READERS[option]
            found[attribute] = read(option, value, problems)
    return {key: value for key, value in found.items() if value is not None}


def _refuse(
    problems: list[Problem], path: str, message: str, value: object = "", allowed: tuple[str, ...] = ()
) -> None:
    problems.append(Problem(path, "invalid_value", message, allowed, nearest(str(value), allowed) if allowed else None))


def _read_name(path: str, value: object, problems: list[Problem]) -> str | None:
    if isinstance(value, str) and len(value) <= 60 and _NAME.fullmatch(value.replace("-", "_")):
        return value.replace("-", "_")
    message = f"{path} is a name of a-z, 0-9 and single underscores, at most 60 long, not {shorten(str(value))!r}"
    _refuse(problems, path, message)
    return None


def _read_table(path: str, value: object, problems: list[Problem]) -> str | None:
    name = _read_name(path, value, problems)
    if name in reserved.SQL:
        _refuse(problems, path, f"{name!r} is a word of SQL and would need quotes everywhere; take {name}_table")
        return None
    return name


def _read_text(path: str, value: object, problems: list[Problem]) -> str | None:
    if isinstance(value, str) and len(value) <= 1000 and value.isprintable():
        return value
    _refuse(problems, path, f"{path} is one line of at most 1000 characters")
    return None


def _choose(allowed: tuple[str, ...]) -> Callable[[str, object, list[Problem]], str | None]:
    def read(path: str, value: object, problems: list[Problem]) -> str | None:
        if isinstance(value, str) and value in allowed:
            return value
        _refuse(problems, path, f"{shorten(str(value))!r} is none of {path}", value, allowed)
        return None

    return read


def _select(allowed: tuple[str, ...], *, empty: bool) -> Callable[[str, object, list[Problem]], tuple[str, ...] | None]:
    """Some of `allowed`, in their own order."""

    def read(path: str, value: object, problems: list[Problem]) -> tuple[str, ...] | None:
        parts = _split(value)
        if parts is None:
            _refuse(problems, path, f"{path} is a list of names", allowed=allowed)
            return None
        wrong = [part for part in parts if part not in allowed]
        for part in wrong:
            _refuse(problems, path, f"{shorten(part)!r} is none of {path}", part, allowed)
        if not parts and not empty:
            _refuse(problems, path, f"{path} names at least one", allowed=allowed)
        return tuple(name for name in allowed if name in parts)

    return read


def _split(value: object) -> list[str] | None:
    """A list of names, or names in one text joined by + or a comma."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[+,]", value) if part.strip() not in ("", "none")]
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return list(value)
    return None


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _read_unique(path: str, value: object, problems: list[Problem]) -> tuple[tuple[str, ...], ...]:
    groups = _listed(value)
    if isinstance(value, list | tuple) and value and all(isinstance(part, str) and "+" not in part for part in value):
        groups = [list(value)]
    found = []
    for number, group in enumerate(groups):
        columns = _split(group)
        if columns is None or len(set(columns)) < 2 or len(set(columns)) != len(columns):
            message = "unique names at least two different columns together; one column takes the flag unique"
            _refuse(problems, f"{path}[{number}]", message)
        else:
            found.append(tuple(columns))
    return tuple(found)


def _read_checks(path: str, value: object, problems: list[Problem]) -> tuple[Check, ...]:
    found = []
    for number, part in enumerate(_listed(value)):
        place = f"{path}[{number}]"
        if isinstance(part, str) and ":" in part:
            name, _, sql = part.partition(":")
            part = {"name": name, "sql": sql}
        if (
            not isinstance(part, Mapping)
            or set(part) != {"name", "sql"}
            or not all(isinstance(v, str) for v in part.values())
        ):
            _refuse(problems, place, 'a check has a name and SQL, such as total_positive:"total >= 0"')
        elif _read_name(f"{place}.name", part["name"], problems):
            found.append(Check(part["name"], part["sql"].strip()))
    return tuple(found)


def _read_indexes(path: str, value: object, problems: list[Problem]) -> tuple[Index, ...]:
    found = []
    for number, part in enumerate(_listed(value)):
        place = f"{path}[{number}]"
        if isinstance(part, str):
            columns, _, where = part.partition(":")
            part = {"columns": columns, "where": where}
        if (
            not isinstance(part, Mapping)
            or set(part) - {"columns", "where", "unique"}
            or not _split(part.get("columns"))
        ):
            _refuse(problems, place, "an index has columns, and may have unique and where")
            continue
        where, unique = part.get("where") or "", part.get("unique", False)
        if not isinstance(where, str) or not isinstance(unique, bool):
            _refuse(problems, place, "where is SQL as a text, unique is true or false")
            continue
        found.append(Index(tuple(_split(part["columns"]) or ()), unique, where.strip()))
    return tuple(found)


def _read_auth(path: str, value: object, problems: list[Problem]) -> Auth | None:
    if isinstance(value, str):
        value = {"read": value, "write": value}
    if not isinstance(value, Mapping) or set(value) - {"read", "write"}:
        _refuse(problems, path, 'auth has read and write, such as {"read": "public", "write": "user"}')
        return None
    choose = _choose(ACCESS)
    sides = {key: choose(f"{path}.{key}", given, problems) for key, given in value.items()}
    return Auth(sides.get("read") or "auto", sides.get("write") or "auto")


_Reader = Callable[[str, object, list[Problem]], Any]
_READERS: dict[str, tuple[str, _Reader]] = {
    "plural": ("plural", _read_name),
    "table": ("table", _read_table),
    "unique": ("unique_together", _read_unique),
    "checks": ("checks", _read_checks),
    "indexes": ("indexes", _read_indexes),
    "mixins": ("mixins", _select(cast("tuple[str, ...]", get_args(Mixin)), empty=True)),
    "operations": ("operations", _select(OPERATIONS, empty=False)),
    "layers": ("layers", _select(LAYERS, empty=False)),
    "auth": ("auth", _read_auth),
    "pagination": ("pagination", _choose(get_args(Pagination))),
    "id": ("id_type", _choose(get_args(IdType))),
    "description": ("description", _read_text),
}
