"""Layers: which layer of a backend a class, or a text without a telling path, belongs to."""

import ast
import re

from layerwise.project.layers import Layer
from layerwise.review.names import Names
from layerwise.review.tree import Tree, dotted

_CLASS_NAME = re.compile(
    r"(?P<service>(Service|UseCase)(Impl)?$)|(?P<repository>^CRUD[A-Z]|(Repository|Repo|DAO|CRUD)(Impl)?$)"
)


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
