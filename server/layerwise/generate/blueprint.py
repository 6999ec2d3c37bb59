"""Blueprint: a folder of `templates/`, its layers and the template files that each of them brings."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from layerwise import assets
from layerwise.errors import InvalidInputError, UnknownNameError

_SUFFIX = ".jinja"
_KEYS = frozenset({"name", "description", "version", "sample", "layers", "extends", "only"})
_LAYER_KEYS = frozenset({"files", "tests", "needs"})


@dataclass(frozen=True, slots=True)
class Part:
    """What one layer brings: template paths without suffix, the tests of them, and the layers they stand on."""

    files: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A template folder. `sample` is a request that shows it; `layers` are in the order that they are written in.

    One that `extends` another has no templates: it asks for the layers `wants` of that one, `only` for their tests.
    """

    name: str
    description: str
    version: str
    sample: str
    layers: Mapping[str, Part]
    extends: str = ""
    wants: tuple[str, ...] = ()
    only: str = ""

    def expand(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The wanted layers and all that they stand on, in the blueprint's order; unknown layers are left out."""
        found: set[str] = set()
        queue = [layer for layer in wanted if layer in self.layers]
        while queue:
            layer = queue.pop()
            if layer not in found:
                found.add(layer)
                queue += self.layers[layer].needs
        return tuple(layer for layer in self.layers if layer in found)


def list_blueprints() -> tuple[str, ...]:
    """The names of the shipped blueprints, sorted."""
    return tuple(sorted(path.parent.name for path in assets.folder("templates").glob("*/blueprint.toml")))


@lru_cache(maxsize=32)
def read_blueprint(name: str) -> Blueprint:
    """The shipped blueprint called `name`.

    Raises UnknownNameError for a name that is none, InvalidInputError naming the file and the key where its
    `blueprint.toml` is malformed or does not match the templates beside it.
    """
    known = list_blueprints()
    if name not in known:
        raise UnknownNameError("blueprint", name, known)
    return parse_blueprint(assets.folder("templates") / name)


def parse_blueprint(folder: Path) -> Blueprint:
    """The blueprint in `folder`. Raises InvalidInputError naming the file and the key that is wrong."""
    path = folder / "blueprint.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read: {error}.") from error
    if unknown := sorted(data.keys() - _KEYS):
        raise InvalidInputError(f"{path}: unknown key {unknown[0]!r}; allowed: {', '.join(sorted(_KEYS))}.")
    texts: dict[str, Any] = {key: _text(path, data, key) for key in ("name", "description", "version", "sample")}
    if texts["name"] != folder.name:
        raise InvalidInputError(f"{path}: name is {texts['name']!r}, but the folder is called {folder.name!r}.")
    if "extends" in data:
        return _extend(path, texts, data)
    if "only" in data:
        raise InvalidInputError(f"{path}: only goes with extends.")
    templates = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    names = [file.removesuffix(_SUFFIX) for file in templates if file.endswith(_SUFFIX)]
    return Blueprint(**texts, layers=_layers(path, data.get("layers"), names))


def _extend(path: Path, texts: Mapping[str, Any], data: Mapping[str, Any]) -> Blueprint:
    """A blueprint that asks for some layers of another, and has no templates of its own."""
    other = read_blueprint(_text(path, data, "extends"))
    wants = _texts(path, "", "layers", data.get("layers"))
    if strange := [layer for layer in wants if layer not in other.layers]:
        raise InvalidInputError(f"{path}: layers names {strange[0]!r}; allowed: {', '.join(other.layers)}.")
    only = data.get("only", "")
    if only not in ("", "tests"):
        raise InvalidInputError(f"{path}: only is 'tests', not {only!r}.")
    return Blueprint(**texts, layers={}, extends=other.name, wants=wants, only=only)


def _text(path: Path, data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInputError(f"{path}: {key} must be a text that is not empty.")
    return value


def _layers(path: Path, data: object, names: list[str]) -> dict[str, Part]:
    """The layers, each template in exactly one of them."""
    if not isinstance(data, dict) or not data:
        raise InvalidInputError(f"{path}: layers must be tables such as [layers.model].")
    homes: dict[str, str] = {}
    layers = {}
    for layer, table in data.items():
        where = f"layers.{layer}"
        if not isinstance(table, dict) or table.keys() - _LAYER_KEYS:
            raise InvalidInputError(f"{path}: {where} must hold only {', '.join(sorted(_LAYER_KEYS))}.")
        files, tests = (_match(path, where, key, table.get(key, []), names) for key in ("files", "tests"))
        for name in (*files, *tests):
            if name in homes:
                raise InvalidInputError(f"{path}: {where} claims {name}, which {homes[name]} has already.")
            homes[name] = where
        needs = _texts(path, where, "needs", table.get("needs", []))
        if strange := [need for need in needs if need not in data]:
            raise InvalidInputError(f"{path}: {where}.needs names {strange[0]!r}, which is no layer.")
        layers[layer] = Part(files, tests, needs)
    if orphans := [name for name in names if name not in homes]:
        raise InvalidInputError(f"{path}: no layer has {orphans[0]}{_SUFFIX}.")
    return layers


def _match(path: Path, where: str, key: str, value: object, names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for pattern in _texts(path, where, key, value):
        matched = [name for name in names if name == pattern or fnmatchcase(name, pattern)]
        if not matched:
            raise InvalidInputError(f"{path}: {where}.{key} names {pattern!r}, but there is no such template.")
        found += [name for name in matched if name not in found]
    return tuple(found)


def _texts(path: Path, where: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInputError(f"{path}: {f'{where}.' if where else ''}{key} must be a list of texts.")
    return tuple(value)
