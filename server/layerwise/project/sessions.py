"""How a project gets its database sessions: makers, dependencies, aliases, and who commits."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeGuard

from layerwise.project.annotations import session_kind
from layerwise.project.expressions import (
    annotated_parts,
    callee_name,
    dotted_name,
    keyword,
    literal,
    parse_call,
    parse_expression,
)
from layerwise.project.extract import FunctionNode
from layerwise.project.inference import Inference
from layerwise.project.module import Symbol
from layerwise.project.resolution import Index, Place

SessionKind = Literal["async", "sync"]
CommitTime = Literal["", "after", "around"]


@dataclass(frozen=True, slots=True)
class SessionMaker:
    """A variable that holds a session maker; `expires` tells whether a commit expires what was loaded."""

    symbol: Symbol
    kind: SessionKind
    expires: bool
    place: Place


@dataclass(frozen=True, slots=True)
class SessionDependency:
    """A function that provides a session.

    `commits` is `after` when it commits after its yield and `around` when a `begin()` block holds the yield.
    """

    symbol: Symbol
    kind: SessionKind
    is_generator: bool
    commits: CommitTime
    place: Place
    commit_line: int


@dataclass(frozen=True, slots=True)
class Injected:
    """A place that asks for a dependency: a parameter, or an alias such as `SessionDep` that parameters use."""

    factory: Symbol
    scope: str
    alias: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sessions:
    """All about the sessions of a project."""

    makers: tuple[SessionMaker, ...]
    dependencies: tuple[SessionDependency, ...]
    injections: tuple[Injected, ...]


def find_sessions(index: Index, types: Inference) -> Sessions:
    """The session makers and dependencies of a project, with the places that ask for the latter."""
    injections = tuple(_find_injections(index, types))
    asked = {injection.factory for injection in injections}
    return Sessions(
        makers=tuple(_find_makers(index)),
        dependencies=tuple(_find_dependencies(index, types, asked)),
        injections=injections,
    )


def _find_makers(index: Index) -> Iterator[SessionMaker]:
    for module in index.modules.values():
        for variable in module.outline.assignments:
            call = parse_call(variable.value)
            name = callee_name(call)
            if call is None or name not in ("sessionmaker", "async_sessionmaker"):
                continue
            is_async = name == "async_sessionmaker" or dotted_name(keyword(call, "class_")).endswith("AsyncSession")
            expires = literal(keyword(call, "expire_on_commit")) is not False
            place = Place(module.path, variable.line)
            yield SessionMaker(module.symbol(variable.name), "async" if is_async else "sync", expires, place)


def _find_injections(index: Index, types: Inference) -> Iterator[Injected]:
    for module in index.modules.values():
        for variable in module.outline.assignments:
            call = next((node for node in _metadata(variable.value) if callee_name(node) == "Depends"), None)
            if isinstance(call, ast.Call) and call.args and (name := dotted_name(call.args[0])):
                scope = literal(keyword(call, "scope"))
                place = Place(module.path, variable.line)
                yield Injected(index.resolve(module.path, name), str(scope or ""), variable.name, place)
        for function in module.outline.functions:
            for parameter in function.parameters:
                if "Depends" in parameter.annotation or "Depends" in parameter.default:
                    found = types.annotations.injection(module, parameter)
                    if found is not None:
                        yield Injected(found.factory, found.scope, "", Place(module.path, parameter.line))


def _metadata(text: str) -> list[ast.expr]:
    return annotated_parts(parse_expression(text))[1] if "Depends" in text else []


def _find_dependencies(index: Index, types: Inference, asked: set[Symbol]) -> Iterator[SessionDependency]:
    for module in index.modules.values():
        for function in module.outline.functions:
            symbol = module.symbol(function.qualname)
            if symbol not in asked and not (function.is_generator and "ession" in function.returns):
                continue
            if function.owner in module.classes or "fixture" in " ".join(function.decorators):
                continue
            kind = session_kind(types.result(symbol)) or _yielded_kind(index, types, symbol)
            if not kind:
                continue
            node = index.node(symbol) if function.is_generator else None
            commits, line = _commit_time(node) if node else ("", 0)
            yield SessionDependency(
                symbol, kind, function.is_generator, commits, Place(module.path, function.line), line
            )


def _yielded_kind(index: Index, types: Inference, symbol: Symbol) -> Literal["async", "sync", ""]:
    """The kind of the session in `yield session`, when no annotation tells."""
    node = index.node(symbol)
    for inner in ast.walk(node) if node else ():
        if isinstance(inner, ast.Yield) and isinstance(inner.value, ast.Name):
            return session_kind(types.chain(symbol, inner.value.id, inner.lineno))
    return ""


def _commit_time(node: FunctionNode) -> tuple[CommitTime, int]:
    """When a generator commits, and in which line."""
    yields = [inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Yield)]
    if not yields:
        return "", 0
    for inner in ast.walk(node):
        if _calls(inner, "commit") and inner.lineno > yields[0]:
            return "after", inner.lineno
        if isinstance(inner, ast.With | ast.AsyncWith):
            begins = any(_calls(item.context_expr, "begin") for item in inner.items)
            if begins and any(isinstance(below, ast.Yield) for part in inner.body for below in ast.walk(part)):
                return "around", inner.lineno
    return "", 0


def _calls(node: ast.AST, method: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
