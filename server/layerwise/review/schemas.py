"""Schemas in functions: which parameters carry request data, and where what they hold is poured into rows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from layerwise.project.chains import chain_of
from layerwise.project.expressions import dotted_name, last_name, parse_expression
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.module import JOINT, Symbol
from layerwise.project.schemas import Schema
from layerwise.review.tree import callee_name

Sink = Literal["construct", "setattr", "values", "update"]

_DUMPS = frozenset({"model_dump", "dict"})


@dataclass(frozen=True, slots=True)
class Pouring:
    """All fields of a schema go into a row: the dump, the sink, and the model when it can be told."""

    dump: ast.Call
    sink: Sink
    model: Symbol | None


def names_in(annotation: str) -> Iterator[str]:
    """The dotted names in an annotation, those in strings too."""
    node = parse_expression(annotation)
    for inner in ast.walk(node) if node is not None else ():
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value != annotation:
            yield from names_in(inner.value)
        elif isinstance(inner, ast.Name | ast.Attribute) and (name := dotted_name(inner)):
            yield name


def schema_parameters(project: Project, symbol: Symbol) -> Iterator[tuple[str, Schema]]:
    """The parameters of a function that are annotated with a schema of the project."""
    function = project.function(symbol)
    path = symbol.partition(JOINT)[0]
    for parameter in function.parameters if function else ():
        found = project.types.annotations.read(path, parameter.annotation) if parameter.annotation else None
        if found is not None and found.kind == "instance" and found.name in project.schemas:
            yield parameter.name, project.schemas[found.name]


def find_pourings(project: Project, symbol: Symbol, node: FunctionNode, name: str) -> Iterator[Pouring]:
    """Where a function pours all that the parameter `name` holds into a row, or hands it to an update."""
    dumps = {id(call): call for call in ast.walk(node) if isinstance(call, ast.Call) and _dumps(call, name)}
    aliases: dict[str, ast.Call] = {}
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Assign | ast.AnnAssign)
            and isinstance(inner.value, ast.Call)
            and id(inner.value) in dumps
        ):
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            aliases |= {target.id: inner.value for target in targets if isinstance(target, ast.Name)}
    source = _Dumps(dumps, aliases)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield from _poured_by_call(project, symbol, inner, source)
        elif isinstance(inner, ast.For) and (dump := source.of_items(inner.iter)) and _sets_attributes(inner):
            yield Pouring(dump, "setattr", None)


@dataclass(frozen=True, slots=True)
class _Dumps:
    """The dumps of one parameter, and the names that hold them."""

    calls: dict[int, ast.Call]
    aliases: dict[str, ast.Call]

    def of(self, node: ast.expr) -> ast.Call | None:
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id)
        return self.calls.get(id(node))

    def of_items(self, node: ast.expr) -> ast.Call | None:
        """The dump in `dump.items()`, `dump` and `dump.keys()`."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "keys"):
            return self.of(node.func.value)
        return self.of(node)


def _dumps(call: ast.Call, name: str) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and function.attr in _DUMPS and dotted_name(function.value) == name


def _poured_by_call(project: Project, symbol: Symbol, call: ast.Call, source: _Dumps) -> Iterator[Pouring]:
    called = callee_name(call)
    spread = next((dump for word in call.keywords if word.arg is None and (dump := source.of(word.value))), None)
    given = next((dump for argument in call.args if (dump := source.of(argument))), None)
    if spread is not None:
        model = _model_called(project, symbol, call)
        if model is not None:
            yield Pouring(spread, "construct", model)
        elif called == "values":
            yield Pouring(spread, "values", None)
        elif "update" in called:
            yield Pouring(spread, "update", None)
    elif given is not None and called == "values":
        yield Pouring(given, "values", None)
    elif given is not None and "update" in called and isinstance(call.func, ast.Attribute):
        # Any other `update_…` of what is not known may be a request to another service.
        found = project.types.chain(symbol, chain_of(call.func), call.lineno)
        if called in ("update", "update_one", "partial_update") or (found is not None and JOINT in found.name):
            yield Pouring(given, "update", None)


def _model_called(project: Project, symbol: Symbol, call: ast.Call) -> Symbol | None:
    name = dotted_name(call.func)
    found = project.resolve(symbol.partition(JOINT)[0], name) if name else ""
    return found if found in project.models else None


def _sets_attributes(loop: ast.For) -> bool:
    return any(isinstance(inner, ast.Call) and last_name(inner.func) == "setattr" for inner in ast.walk(loop))
