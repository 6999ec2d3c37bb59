"""Types by annotation, and the dependencies that `Depends` names, through aliases."""

import ast
from dataclasses import dataclass
from typing import Literal

from layerwise.project.expressions import (
    annotated_parts,
    argument,
    callee_name,
    dotted_name,
    last_name,
    parse_expression,
    strip_optional,
)
from layerwise.project.facts import Parameter
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.resolution import Index

Kind = Literal["instance", "class", "function", "module", "coroutine", "context"]

_MOST_HOPS = 12


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is: an instance of `name`, the class or function itself, or a coroutine or context of `of`."""

    kind: Kind
    name: Symbol
    of: tuple["Type | None", ...] = ()

    @property
    def last(self) -> str:
        """The last part of the name: `AsyncSession`."""
        return self.name.rpartition(JOINT)[2].rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Injection:
    """A dependency: its factory, the scope given to `Depends`, and the type that the parameter is annotated with."""

    factory: Symbol
    scope: str
    type: Type | None


def session_kind(found: Type | None) -> Literal["async", "sync", ""]:
    """Whether a type is a database session, and of which kind."""
    if found is None or found.kind != "instance" or JOINT in found.name:
        return ""
    root = found.name.partition(".")[0]
    if root not in ("sqlalchemy", "sqlmodel", found.last):
        return ""
    if found.last in ("AsyncSession", "async_scoped_session"):
        return "async"
    return "sync" if found.last in ("Session", "scoped_session") else ""


class Annotations:
    """Reads annotations where they are written."""

    def __init__(self, project: Index) -> None:
        self._project = project

    def read(self, path: str, text: str, owner: Symbol = "") -> Type | None:
        """The type that an annotation in the module at `path` names; `owner` is what `Self` stands for."""
        return self._annotated(path, parse_expression(text), owner, _MOST_HOPS)

    def _annotated(self, path: str, node: ast.expr | None, owner: Symbol, depth: int) -> Type | None:
        if depth <= 0 or node is None:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = parse_expression(node.value)
        node, _ = annotated_parts(strip_optional(node)[0])
        if isinstance(node, ast.Subscript):
            return self._subscripted(path, node, owner, depth)
        name = dotted_name(node)
        if not name:
            return None
        if name in ("Self", "typing.Self", "typing_extensions.Self"):
            return Type("instance", owner) if owner else None
        symbol = self._project.resolve(path, name)
        module = self._project.module_of(symbol)
        if module is None:
            return Type("instance", symbol)
        qualname = symbol.partition(JOINT)[2]
        if qualname in module.classes:
            return Type("instance", symbol)
        variable = module.variables.get(qualname)
        return self._annotated(module.path, parse_expression(variable.value), owner, depth - 1) if variable else None

    def _subscripted(self, path: str, node: ast.Subscript, owner: Symbol, depth: int) -> Type | None:
        outer = self._annotated(path, node.value, owner, depth - 1)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        inner = tuple(self._annotated(path, item, owner, depth - 1) for item in items)
        if last_name(node.value) in ("type", "Type"):
            return Type("class", inner[0].name) if inner[0] else None
        if last_name(node.value) in ("Awaitable", "Coroutine"):
            return Type("coroutine", "", inner[-1:])
        return Type("instance", outer.name, inner) if outer else None

    def injection(self, module: Module, parameter: Parameter) -> Injection | None:
        """The dependency that fills a parameter, in either style and through aliases; None when there is none."""
        node = parse_expression(parameter.annotation)
        call = parse_expression(parameter.default)
        path = module.path
        if callee_name(call) not in ("Depends", "Security"):
            path, node, call = self._alias(path, node)
        if not isinstance(call, ast.Call):
            return None
        given = argument(call, 0, "dependency")
        factory = dotted_name(given.func if isinstance(given, ast.Call) else given) if given else dotted_name(node)
        scope = argument(call, 2, "scope")
        return Injection(
            self._project.resolve(path, factory) if factory else "",
            scope.value if isinstance(scope, ast.Constant) and isinstance(scope.value, str) else "",
            self._annotated(path, node, "", _MOST_HOPS),
        )

    def _alias(self, path: str, node: ast.expr | None) -> tuple[str, ast.expr | None, ast.expr | None]:
        """Where `Annotated[T, Depends(f)]` is written, the type in it and the call, through aliases."""
        for _ in range(_MOST_HOPS):
            inner, metadata = annotated_parts(strip_optional(node)[0])
            found = next((item for item in metadata if callee_name(item) in ("Depends", "Security")), None)
            if found is not None:
                return path, inner, found
            symbol = self._project.resolve(path, dotted_name(inner)) if dotted_name(inner) else ""
            module = self._project.module_of(symbol)
            variable = module.variables.get(symbol.partition(JOINT)[2]) if module else None
            if module is None or variable is None or not variable.value:
                return path, node, None
            path, node = module.path, parse_expression(variable.value)
        return path, node, None
