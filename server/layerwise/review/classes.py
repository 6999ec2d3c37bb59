"""Classes: which classes of a module are schemas, models and settings, and the fields that they declare."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from layerwise.review.names import Names
from layerwise.review.tree import Tree, callee_name, dotted

ClassKind = Literal["schema", "model", "settings"]

_ROOTS: dict[str, ClassKind] = {
    "pydantic.BaseModel": "schema",
    "pydantic.RootModel": "schema",
    "sqlmodel.SQLModel": "schema",
    "sqlalchemy.orm.DeclarativeBase": "model",
    "sqlalchemy.orm.MappedAsDataclass": "model",
    "pydantic_settings.BaseSettings": "settings",
    "pydantic.BaseSettings": "settings",
}
_BASE_NAMES: dict[str, ClassKind] = {
    "BaseModel": "schema",
    "BaseSchema": "schema",
    "BaseSettings": "settings",
    "DeclarativeBase": "model",
}
_COLUMNS = ("sqlalchemy.orm.mapped_column", "sqlalchemy.Column")
_SCHEMA_NAME = re.compile(r"(Create|Update|Patch|Response|Read|Out|Public|Schema|InDB|Request)(Base)?$")


@dataclass(frozen=True, slots=True)
class Field:
    """An annotated attribute of a class."""

    name: str
    annotation: ast.expr
    value: ast.expr | None
    node: ast.AnnAssign

    @property
    def required(self) -> bool:
        """Whether a schema needs a value for it: it has no default, or one that says so."""
        if self.value is None:
            return not _has_default(self.annotation)
        if isinstance(self.value, ast.Call) and callee_name(self.value) == "Field":
            if self.value.args:
                first = self.value.args[0]
                return isinstance(first, ast.Constant) and first.value is ...
            return not any(word.arg in ("default", "default_factory") for word in self.value.keywords)
        return isinstance(self.value, ast.Constant) and self.value.value is ...


def _has_default(annotation: ast.expr) -> bool:
    """Whether `Annotated` metadata gives a default factory."""
    return any(
        isinstance(node, ast.keyword) and node.arg in ("default", "default_factory") for node in ast.walk(annotation)
    )


def fields(node: ast.ClassDef) -> Iterator[Field]:
    """The annotated attributes that a class itself declares, private and class variables left out."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            if not name.startswith("_") and name != "model_config" and not _is_class_variable(statement.annotation):
                yield Field(name, statement.annotation, statement.value, statement)


def _is_class_variable(annotation: ast.expr) -> bool:
    """Whether an annotation is `ClassVar`, `ClassVar[…]`, or a text that says so."""
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    text = outer.value if isinstance(outer, ast.Constant) else dotted(outer)
    return isinstance(text, str) and "ClassVar" in text


def methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that a class itself defines."""
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement


class Classes:
    """The classes of one module by name, and what they are."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._kinds: dict[ast.ClassDef, ClassKind | None] = {}

    @cached_property
    def by_name(self) -> dict[str, ast.ClassDef]:
        """The module's classes."""
        return {node.name: node for node in self._tree.of(ast.ClassDef)}

    def bases(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The classes of this module that `node` inherits from, nearest first."""
        found: list[ast.ClassDef] = []
        pending = [node]
        while pending:
            for base in pending.pop(0).bases:
                inner = base.value if isinstance(base, ast.Subscript) else base
                known = self.by_name.get(inner.id) if isinstance(inner, ast.Name) else None
                if known is not None and known is not node and known not in found:
                    found.append(known)
                    pending.append(known)
        return found

    def kind(self, node: ast.ClassDef) -> ClassKind | None:
        """What the class is: by its bases through this module, by a table name, else by how its bases are called."""
        if node not in self._kinds:
            self._kinds[node] = self._find_kind(node)
        return self._kinds[node]

    def _find_kind(self, node: ast.ClassDef) -> ClassKind | None:
        chain = [node, *self.bases(node)]
        if any(self._is_mapped(each) for each in chain):
            return "model"
        for each in chain:
            for base in each.bases:
                inner = base.value if isinstance(base, ast.Subscript) else base
                full = self._names.qualified(inner)
                if kind := _ROOTS.get(full) or _BASE_NAMES.get(full.rpartition(".")[2]):
                    return kind
        imported = [dotted(base).rpartition(".")[2] for each in chain for base in each.bases]
        if any(_SCHEMA_NAME.search(name) for name in imported if name not in self.by_name):
            return "schema"
        return None

    def _is_mapped(self, node: ast.ClassDef) -> bool:
        for statement in node.body:
            if isinstance(statement, ast.Assign) and dotted(statement.targets[0]) in ("__tablename__", "__table__"):
                return True
            value = statement.value if isinstance(statement, ast.AnnAssign | ast.Assign) else None
            if isinstance(value, ast.Call) and self._names.callee(value) in _COLUMNS:
                return True
        return any(word.arg == "table" for word in node.keywords)

    def of_kind(self, kind: ClassKind) -> Iterator[ast.ClassDef]:
        """The module's classes of one kind."""
        return (node for node in self._tree.of(ast.ClassDef) if self.kind(node) == kind)

    def all_fields(self, node: ast.ClassDef) -> dict[str, Field]:
        """The fields of a class and of its bases in this module, by name."""
        found: dict[str, Field] = {}
        for each in (node, *self.bases(node)):
            for field in fields(each):
                found.setdefault(field.name, field)
        return found
