"""Look-ups that guard an insertion: "if there is none, create one", and what stands against two at once."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.project.entities import Entity
from layerwise.project.expressions import is_none, last_name
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Model
from layerwise.project.module import JOINT, Symbol
from layerwise.review.rows import walk_inside

_CONFLICTS = ("IntegrityError", "UniqueViolationError", "DBAPIError", "SQLAlchemyError")
_UPSERTS = frozenset({"on_conflict_do_nothing", "on_conflict_do_update", "on_duplicate_key_update", "with_for_update"})
_LOCKS = ("lock", "advisory", "mutex", "semaphore")
_DEEPEST = 3
_TAKEN = re.compile(r"Conflict|Exists|Duplicate|Taken|409|already|exists|in use|taken")


@dataclass(frozen=True, slots=True)
class GuardedInsertion:
    """A function looks a row up by `columns` of `model`, tests what it found, and makes a new one."""

    symbol: Symbol
    model: Model
    columns: frozenset[str]
    lookup_line: int
    test: ast.If
    insertion: ast.Call


def find_guarded_insertions(project: Project) -> Iterator[GuardedInsertion]:
    """Those that nothing protects: no handler for the conflict, no upsert, no lock."""
    if not project.models or is_handled_globally(project):
        return
    for symbol, module, _ in project.calls.functions():
        if project.layers[module.path] in ASIDE or not _may_guard(project, symbol):
            continue
        node = project.node(symbol)
        if node is not None and not is_protected(project, symbol, _DEEPEST):
            yield from _find_in(project, symbol, node)


@dataclass(frozen=True, slots=True)
class ConflictCheck:
    """A function looks a row up by `columns` of `model` and raises a conflict when there is one."""

    symbol: Symbol
    model: Model
    columns: frozenset[str]
    lookup_line: int
    refusal: ast.Raise


def find_conflict_checks(project: Project) -> Iterator[ConflictCheck]:
    """The checks that a value is not taken yet, whatever the function does when it is free."""
    for symbol, module, function in project.calls.functions() if project.models else ():
        body = module.bodies.get(function.qualname)
        if project.layers[module.path] in ASIDE or body is None or not body.raises:
            continue
        node = project.node(symbol)
        tests = [inner for inner in walk_inside(node) if isinstance(inner, ast.If)] if node is not None else []
        for entity in project.entities.of(symbol) if tests else ():
            if entity.origin not in ("query", "call") or entity.many or not entity.columns:
                continue
            refusal = next((each for test in tests if (each := _refusal(test, entity))), None)
            if refusal is not None:
                yield ConflictCheck(symbol, project.models[entity.model], entity.columns, entity.line, refusal)


def _refusal(test: ast.If, entity: Entity) -> ast.Raise | None:
    """The conflict that an `if` raises when the row is there."""
    last = test.body[-1]
    if test.lineno < entity.line or not isinstance(last, ast.Raise) or last.exc is None:
        return None
    present = _tests_absence(test.test, entity.name) is False
    return last if present and _TAKEN.search(ast.unparse(last.exc)) else None


def _may_guard(project: Project, symbol: Symbol) -> bool:
    """Whether a function makes rows at all, itself or through what it calls."""
    return any(made_models(project, found.target, 1) for found in project.calls.of(symbol))


def _find_in(project: Project, symbol: Symbol, node: FunctionNode) -> Iterator[GuardedInsertion]:
    tests = [inner for inner in walk_inside(node) if isinstance(inner, ast.If)]
    for entity in project.entities.of(symbol):
        model = project.models[entity.model]
        keys = {column.name for column in model.columns if column.primary_key}
        if entity.origin not in ("query", "call") or entity.many or entity.locked:
            continue
        if not entity.columns or entity.columns & keys:
            continue
        for test in tests:
            absent = _tests_absence(test.test, entity.name) if test.lineno >= entity.line else None
            if absent is None:
                continue
            insertion = _insertion_when_absent(project, symbol, node, entity, test, absent)
            if insertion is not None:
                yield GuardedInsertion(symbol, model, entity.columns, entity.line, test, insertion)
                return


def _tests_absence(node: ast.expr, name: str) -> bool | None:
    """True for `not user` and `user is None`, False for `user` and `user is not None`, None for anything else."""
    if isinstance(node, ast.BoolOp):
        found = [_tests_absence(part, name) for part in node.values]
        return next((each for each in found if each is not None), None)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _tests_absence(node.operand, name)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare) and is_none(node.comparators[0]):
        inner = _tests_absence(node.left, name)
        return isinstance(node.ops[0], ast.Is | ast.Eq) if inner is not None else None
    target = node.target if isinstance(node, ast.NamedExpr) else node
    return False if isinstance(target, ast.Name) and target.id == name else None


def _insertion_when_absent(
    project: Project, symbol: Symbol, node: FunctionNode, entity: Entity, test: ast.If, absent: bool
) -> ast.Call | None:
    """The first call that makes a row of the same model where the test has found none."""
    targets = {(found.call.line, found.call.column): found.target for found in project.calls.of(symbol)}
    leaves = isinstance(test.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
    branch = test.body if absent else test.orelse
    inside = {id(inner) for statement in branch for inner in ast.walk(statement)}
    end = test.end_lineno or test.lineno
    for inner in walk_inside(node):
        if not isinstance(inner, ast.Call) or not (
            id(inner) in inside or (not absent and leaves and inner.lineno > end)
        ):
            continue
        target = targets.get((inner.lineno, inner.col_offset))
        if target is not None and entity.model in {target, *made_models(project, target, 1)}:
            return inner
    return None


def made_models(project: Project, target: Symbol, depth: int) -> set[Symbol]:
    """The models of which a function makes rows; a model itself makes one of its own."""
    if target in project.models:
        return {target}
    if depth <= 0 or JOINT not in target:
        return set()
    return {model for found in project.calls.of(target) for model in made_models(project, found.target, depth - 1)}


def is_protected(project: Project, symbol: Symbol, depth: int) -> bool:
    """Whether a function, or one that it calls, handles the conflict, upserts or locks."""
    module = project.module_of(symbol)
    body = module.bodies.get(symbol.partition(JOINT)[2]) if module else None
    if body is None:
        return False
    if any(call.name in _UPSERTS or any(word in call.name.lower() for word in _LOCKS) for call in body.calls):
        return True
    node = project.node(symbol)
    if node is not None and any(_catches_conflict(inner) for inner in ast.walk(node)):
        return True
    called = {found.target for found in project.calls.of(symbol) if JOINT in found.target}
    return depth > 1 and any(is_protected(project, target, depth - 1) for target in called)


def _catches_conflict(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler) or node.type is None:
        return False
    types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(last_name(each).endswith(_CONFLICTS) for each in types)


def is_handled_globally(project: Project) -> bool:
    """Whether the application itself has a handler that turns IntegrityError into an answer."""
    for module in project.modules.values():
        wired = any(
            wiring.text.count("add_exception_handler") and _names_conflict(wiring.text)
            for wiring in module.outline.wirings
        )
        decorated = any(
            "exception_handler" in text and _names_conflict(text)
            for function in module.outline.functions
            for text in function.decorators
        )
        if wired or decorated:
            return True
    return False


def _names_conflict(text: str) -> bool:
    return any(name in text for name in _CONFLICTS)
