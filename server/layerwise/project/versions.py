"""Versions of the libraries that a project runs on, from what it locks, declares or has installed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LARGEST = 20_000_000
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_FLOOR = re.compile(r"(==|>=|~=|\^|~|>)\s*v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Version:
    """A library's version: `exact` when locked or installed, else the lowest that is allowed. `source` says where."""

    number: str
    exact: bool
    source: str

    @property
    def parts(self) -> tuple[int, ...]:
        """The number as comparable integers."""
        return tuple(int(part) for part in _NUMBER.findall(self.number)[:1][0].split("."))


def find_versions(root: Path, folders: tuple[str, ...] = ("",)) -> Mapping[str, Version]:
    """Versions by normalised name. Of several sources in `folders` (POSIX, relative to `root`) the surest wins: what is
    installed, then lock files, then pins, then lower bounds. Files that cannot be read count as absent.
    """
    found: dict[str, Version] = {}
    for name, version in _sources(root, folders):
        known = found.get(name)
        if known is None or (version.exact and not known.exact):
            found[name] = version
    return found


def normalise(name: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _sources(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, Version]]:
    for folder in folders:
        base = root / folder
        for environment in (".venv", "venv"):
            yield from _installed(base / environment, f"{_joined(folder, environment)}")
        for lock in ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"):
            yield from _locked(base / lock, _joined(folder, lock))
        for path in sorted([*base.glob("requirements*.txt"), *base.glob("requirements*.lock")]):
            yield from _required(path, _joined(folder, path.name))
        for path in sorted(base.glob("requirements/*.txt")):
            yield from _required(path, _joined(folder, f"requirements/{path.name}"))
        yield from _declared(base / "pyproject.toml", _joined(folder, "pyproject.toml"))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _read(path: Path) -> str:
    try:
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        pass
    return ""


def read_table(path: Path, *keys: str) -> dict[str, Any]:
    """The table below `keys` of a TOML file; empty when there is none, or no such file that can be read."""
    try:
        document: dict[str, Any] = tomllib.loads(_read(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    for key in keys:
        document = _table(document, key)
    return document


def _installed(environment: Path, source: str) -> Iterator[tuple[str, Version]]:
    try:
        folders = sorted(environment.glob("lib/python3*/site-packages/*.dist-info"))
        folders += sorted(environment.glob("Lib/site-packages/*.dist-info"))
    except OSError:
        return
    for folder in folders:
        name, _, number = folder.name.removesuffix(".dist-info").rpartition("-")
        if name and _NUMBER.match(number):
            yield normalise(name), Version(number, True, source)


def _locked(path: Path, source: str) -> Iterator[tuple[str, Version]]:
    document = read_table(path)
    packages = document.get("package", document.get("packages", []))
    for package in packages if isinstance(packages, list) else []:
        name, number = (package.get("name"), package.get("version")) if isinstance(package, dict) else (None, None)
        if isinstance(name, str) and isinstance(number, str) and _NUMBER.match(number):
            yield normalise(name), Version(number, True, source)


def _required(path: Path, source: str) -> Iterator[tuple[str, Version]]:
    for line in _read(path).splitlines():
        yield from _requirement(line.partition(" #")[0].partition(";")[0], source)


def _declared(path: Path, source: str) -> Iterator[tuple[str, Version]]:
    document = read_table(path)
    project = _table(document, "project")
    groups = [
        project.get("dependencies", []),
        *_table(project, "optional-dependencies").values(),
        *_table(document, "dependency-groups").values(),
    ]
    for group in groups:
        for line in group if isinstance(group, list) else []:
            if isinstance(line, str):
                yield from _requirement(line.partition(";")[0], source)
    poetry = _table(_table(document, "tool"), "poetry")
    tables = [_table(poetry, "dependencies")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values() if isinstance(group, dict)]
    for table in tables:
        for name, value in table.items():
            given = value.get("version") if isinstance(value, dict) else value
            if isinstance(given, str):
                operator = "==" if given[:1].isdigit() else ""
                yield from _requirement(f"{name} {operator}{given}", source)


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key, {})
    return value if isinstance(value, dict) else {}


def _requirement(line: str, source: str) -> Iterator[tuple[str, Version]]:
    match = _REQUIREMENT.match(line)
    if match is None or line.lstrip().startswith(("-", "#")):
        return
    floor = _FLOOR.search(match[2])
    if floor is not None:
        yield normalise(match[1]), Version(floor[2], floor[1] == "==", source)
