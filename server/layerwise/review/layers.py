"""Layers: which layer of a backend a file, and a place in it, belongs to."""

import ast
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Literal

from layerwise.review.names import Names
from layerwise.review.tree import Tree, dotted

Layer = Literal[
    "endpoint", "dependency", "service", "repository", "model", "schema", "session", "config", "security",
    "test", "migration", "script", "other",
]  # fmt: skip

LayerMap = Mapping[Layer, tuple[str, ...]]

# A folder that speaks for all that is below it, whatever the files are called.
FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("endpoints", "routes", "routers"), "endpoint"),
    **dict.fromkeys(("dependencies", "deps"), "dependency"),
    **dict.fromkeys(("services", "usecases", "use_cases"), "service"),
    **dict.fromkeys(("repositories", "repository", "repos", "crud", "dao"), "repository"),
    **dict.fromkeys(("models", "entities", "orm"), "model"),
    **dict.fromkeys(("schemas", "dto", "dtos"), "schema"),
}
_OUTER_FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("migrations", "alembic", "revisions"), "migration"),
    **dict.fromkeys(("tests", "test", "testing"), "test"),
    **dict.fromkeys(
        ("scripts", "cli", "commands", "management", "bin", "tools", "examples", "docs", "docs_src"), "script"
    ),
}
# A folder that speaks only where the file's name does not.
_WEAK_FOLDERS: Mapping[str, Layer] = {
    **dict.fromkeys(("api", "views", "controllers"), "endpoint"),
    **dict.fromkeys(("db", "database"), "session"),
}
_FILES: Mapping[str, Layer] = {
    **dict.fromkeys(("routes", "router", "routers", "endpoints", "views", "api"), "endpoint"),
    **dict.fromkeys(("deps", "dependencies", "dependency"), "dependency"),
    **dict.fromkeys(("service", "services"), "service"),
    **dict.fromkeys(("repository", "repositories", "crud"), "repository"),
    **dict.fromkeys(("models", "model"), "model"),
    **dict.fromkeys(("schemas", "schema"), "schema"),
    **dict.fromkeys(("session", "database", "db", "engine"), "session"),
    **dict.fromkeys(("config", "settings"), "config"),
    **dict.fromkeys(("security", "auth"), "security"),
    **dict.fromkeys(("cli", "manage", "seed", "__main__", "setup", "noxfile"), "script"),
    "conftest": "test",
    "migrations": "migration",
}
_SUFFIXES: Mapping[str, Layer] = {
    "_service": "service",
    "_repository": "repository",
    "_repo": "repository",
    "_crud": "repository",
    "_router": "endpoint",
    "_routes": "endpoint",
    "_schema": "schema",
    "_schemas": "schema",
    "_model": "model",
    "_test": "test",
}
_CLASS_NAME = re.compile(
    r"(?P<service>(Service|UseCase)(Impl)?$)|(?P<repository>^CRUD[A-Z]|(Repository|Repo|DAO|CRUD)(Impl)?$)"
)


def layer_of_path(path: str, layer_map: LayerMap | None = None) -> Layer:
    """The layer that a path speaks for: by the project's own map first, then by its folders and the file's name."""
    for layer, patterns in (layer_map or {}).items():
        if any(fnmatch(path, pattern) for pattern in patterns):
            return layer
    place = PurePosixPath(path)
    stem, folders = place.stem.lower(), [part.lower() for part in place.parts[:-1]]
    if stem.startswith("test_"):
        return "test"
    for folder in folders:
        if folder in _OUTER_FOLDERS:
            return _OUTER_FOLDERS[folder]
    if _FILES.get(stem) in ("dependency", "test", "migration"):
        return _FILES[stem]
    for folder in reversed(folders):
        if folder in FOLDERS:
            return FOLDERS[folder]
    if stem in _FILES:
        return _FILES[stem]
    for suffix, named in _SUFFIXES.items():
        if stem.endswith(suffix):
            return named
    return next((_WEAK_FOLDERS[folder] for folder in reversed(folders) if folder in _WEAK_FOLDERS), "other")


def layer_of_class(node: ast.ClassDef) -> Layer | None:
    """The layer that a class is named after: `UserService`, `UserRepository`."""
    found = _CLASS_NAME.search(node.name)
    if not found:
        return None
    return "service" if found["service"] else "repository"


def layer_of_content(tree: Tree, names: Names) -> Layer:
    """The layer that a text without a telling path belongs to, from what it defines."""
    if _is_revision(tree):
        return "migration"
    called = {names.callee(call) for call in tree.calls("APIRouter", "FastAPI")}
    if "fastapi.APIRouter" in called:
        return "endpoint"
    if any(node.name.startswith("test_") for node in tree.functions):
        return "test"
    for klass in tree.of(ast.ClassDef):
        if layer := layer_of_class(klass):
            return layer
    for klass in tree.of(ast.ClassDef):
        bases = {names.qualified(base) for base in klass.bases}
        if bases & {"pydantic_settings.BaseSettings", "pydantic.BaseSettings"}:
            return "config"
        if "sqlalchemy.orm.DeclarativeBase" in bases or _has_table_name(klass):
            return "model"
        if "pydantic.BaseModel" in bases:
            return "schema"
    if next(tree.calls("async_sessionmaker", "create_async_engine", "sessionmaker"), None):
        return "session"
    return "other"


def _is_revision(tree: Tree) -> bool:
    """Whether the text is an Alembic revision."""
    assigned = {dotted(target) for node in tree.root.body if isinstance(node, ast.Assign) for target in node.targets}
    assigned |= {dotted(node.target) for node in tree.root.body if isinstance(node, ast.AnnAssign)}
    return {"revision", "down_revision"} <= assigned


def _has_table_name(klass: ast.ClassDef) -> bool:
    return any(
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == "__tablename__"
        for statement in klass.body
    )
