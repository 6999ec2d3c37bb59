"""The layer of a backend that a file belongs to, by its name and folders."""

from collections.abc import Mapping
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

_BY_FOLDER: Mapping[str, Layer] = {
    **dict.fromkeys(("endpoints", "routes", "routers", "api", "views", "controllers", "handlers"), "endpoint"),
    **dict.fromkeys(("services", "service", "usecases", "use_cases"), "service"),
    **dict.fromkeys(("repositories", "repository", "repos", "crud", "dao"), "repository"),
    **dict.fromkeys(("models", "model", "entities", "orm"), "model"),
    **dict.fromkeys(("schemas", "schema", "dto", "dtos"), "schema"),
    **dict.fromkeys(("core", "common", "shared"), "core"),
    **dict.fromkeys(("db", "database"), "session"),
}
_BY_FILE: Mapping[str, Layer] = {
    **dict.fromkeys(("routes", "router", "routers", "endpoints", "views", "api"), "endpoint"),
    **dict.fromkeys(("deps", "dependencies", "dependency"), "dependency"),
    **dict.fromkeys(("service", "services"), "service"),
    **dict.fromkeys(("repository", "repositories", "crud"), "repository"),
    **dict.fromkeys(("models", "model"), "model"),
    **dict.fromkeys(("schemas", "schema"), "schema"),
    **dict.fromkeys(("session", "database", "db", "engine"), "session"),
    **dict.fromkeys(("config", "settings"), "config"),
    **dict.fromkeys(("security", "exceptions", "errors", "logging"), "core"),
    **dict.fromkeys(("cli", "manage", "seed", "__main__", "setup", "noxfile"), "script"),
    "conftest": "test",
}
_BY_SUFFIX: Mapping[str, Layer] = {
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
_ASIDE: Mapping[str, Layer] = {
    **dict.fromkeys(("migrations", "alembic", "revisions"), "migration"),
    **dict.fromkeys(("tests", "test", "testing"), "test"),
    **dict.fromkeys(
        ("scripts", "cli", "commands", "bin", "tools", "examples", "docs", "docs_src", "benchmarks", "dev"), "script"
    ),
}
ASIDE: frozenset[Layer] = frozenset(("test", "migration", "script"))


def layer_of_path(path: str) -> Layer:
    """The layer that a POSIX path speaks for: what stands beside the backend first, then the file, then its folders."""
    place = PurePosixPath(path)
    stem, folders = place.stem.lower(), [part.lower() for part in place.parts[:-1]]
    if stem.startswith("test_"):
        return "test"
    for folder in folders:
        if layer := _ASIDE.get(folder):
            return layer
    if layer := _BY_FILE.get(stem) or _BY_SUFFIX.get(stem.rpartition("_")[2] if "_" in stem else ""):
        return layer
    return next((layer for folder in reversed(folders) if (layer := _BY_FOLDER.get(folder))), "other")
