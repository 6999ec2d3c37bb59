"""The layer of a backend that a file belongs to, by its name and folders, or by the project's own map."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Literal

Layer = Literal[
    "endpoint",
    "dependency",
    "service",
    "repository",
    "model",
    "schema",
    "session",
    "config",
    "core",
    "test",
    "migration",
    "script",
    "other",
]

LayerMap = Mapping[Layer, tuple[str, ...]]
"""Patterns of paths by layer, as a project names them itself."""

ASIDE: frozenset[Layer] = frozenset(("test", "migration", "script"))

# A folder that stands beside the backend speaks for all that is below it.
_OUTER_FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("migrations", "alembic", "revisions"), "migration"),
    **dict.fromkeys(("tests", "test", "testing"), "test"),
    **dict.fromkeys(("scripts", "cli", "commands", "management", "bin"), "script"),
    **dict.fromkeys(("examples", "docs", "docs_src", "benchmarks", "dev"), "script"),
}
# A folder of one layer speaks for its files, whatever they are called: `schemas/service.py` is a schema.
FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("endpoints", "routes", "routers"), "endpoint"),
    **dict.fromkeys(("dependencies", "deps"), "dependency"),
    **dict.fromkeys(("services", "usecases", "use_cases"), "service"),
    **dict.fromkeys(("repositories", "repository", "repos", "crud", "cruds", "dao", "daos"), "repository"),
    **dict.fromkeys(("models", "entities", "orm"), "model"),
    **dict.fromkeys(("schemas", "dto", "dtos"), "schema"),
}
# A folder that may hold several layers speaks only where the file's name does not.
_WEAK_FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("api", "views", "controllers", "handlers"), "endpoint"),
    **dict.fromkeys(("db", "database"), "session"),
    **dict.fromkeys(("core", "common", "shared"), "core"),
    "service": "service",
    "model": "model",
    "schema": "schema",
}
_FILES: Mapping[str, Layer] = {
    **dict.fromkeys(("routes", "router", "routers", "endpoints", "views", "api"), "endpoint"),
    **dict.fromkeys(("deps", "dependencies", "dependency"), "dependency"),
    **dict.fromkeys(("service", "services", "use_cases", "usecases"), "service"),
    **dict.fromkeys(("repository", "repositories", "crud"), "repository"),
    **dict.fromkeys(("models", "model"), "model"),
    **dict.fromkeys(("schemas", "schema"), "schema"),
    **dict.fromkeys(("session", "database", "db", "engine"), "session"),
    **dict.fromkeys(("config", "settings"), "config"),
    **dict.fromkeys(("security", "exceptions", "errors", "logging"), "core"),
    **dict.fromkeys(("cli", "manage", "seed", "__main__", "setup", "noxfile"), "script"),
    "conftest": "test",
    "migrations": "migration",
}
_SUFFIXES: Mapping[str, Layer] = {
    "service": "service",
    "repository": "repository",
    "repo": "repository",
    "crud": "repository",
    "router": "endpoint",
    "routes": "endpoint",
    "endpoints": "endpoint",
    "schema": "schema",
    "schemas": "schema",
    "model": "model",
    "test": "test",
}


def layer_of_path(path: str, layer_map: LayerMap | None = None) -> Layer:
    """The layer that a POSIX path speaks for: by the project's own map first, then by its folders and its name."""
    for layer, patterns in (layer_map or {}).items():
        if any(fnmatch(path, pattern) for pattern in patterns):
            return layer
    place = PurePosixPath(path)
    stem, folders = place.stem.lower(), [part.lower() for part in place.parts[:-1]]
    if stem.startswith("test_"):
        return "test"
    if outer := _first_known(folders, _OUTER_FOLDERS):
        return outer
    # Further in, `tools` are those of an agent.
    if folders[:1] == ["tools"]:
        return "script"
    named = _FILES.get(stem) or (_SUFFIXES.get(stem.rpartition("_")[2]) if "_" in stem else None)
    if named in ("dependency", "test", "migration"):
        return named
    inward = [folder for folder in reversed(folders) if not (folder == "crud" and "services" in folders)]
    return _first_known(inward, FOLDERS) or named or _first_known(inward, _WEAK_FOLDERS) or "other"


def _first_known(folders: Iterable[str], table: Mapping[str, Layer]) -> Layer | None:
    for folder in folders:
        if layer := table.get(folder):
            return layer
    return None
