"""Coroutines that are kept in names: whether what follows takes them for their results."""

import ast
import re
from collections.abc import Iterator

from layerwise.project.chains import chain_of
from layerwise.project.expressions import last_name
from layerwise.project.extract import FunctionNode
from layerwise.project.facts import Call, Function
from layerwise.project.index import Project
from layerwise.project.module import Symbol
from layerwise.review.rows import walk_inside

_OF_COROUTINES = frozenset({"close", "send", "throw", "add_done_callback", "cancel"})
_RESULT_USES = (ast.Compare, ast.If, ast.While, ast.UnaryOp, ast.Subscript, ast.For, ast.comprehension, ast.BinOp,
                ast.FormattedValue, ast.Starred, ast.IfExp)  # fmt: skip
_TAKING_COROUTINES = frozenset({
    "gather", "create_task", "wait_for", "shield", "ensure_future", "run", "wait", "as_completed", "append", "add",
    "add_task", "run_until_complete", "run_coroutine_threadsafe", "start_soon", "put", "put_nowait", "submit",
    "within", "isawaitable", "iscoroutine", "spawn", "schedule", "insert", "register",
})  # fmt: skip
# What a function is called that may well await what it is given, such as `retry` or `run_later`.
_MAY_TAKE = re.compile(
    r"run|wait|task|sched|spawn|submit|retry|time|gather|start|coro|async|launch|push|put|add|defer|fire|track|later|"
    r"background|queue|enter|wrap|cache|^$",
    re.IGNORECASE,
)
_WAITING = ("Awaitable", "Coroutine", "Future", "Task", "Callable", "Any", "object")


def is_unawaited(call: Call, coroutines: set[str]) -> bool:
    """Whether a call of something that is called like one of the `coroutines` is neither awaited nor put off."""
    return not call.awaited and not call.deferred and call.name in coroutines


def gives_coroutine(project: Project, target: Symbol) -> bool:
    """Whether a function of the project is async, and gives a coroutine when it is called."""
    found = project.types.returned(target) if project.function(target) else None
    return found is not None and found.kind == "coroutine"


def may_take_coroutine(name: str) -> bool:
    """Whether a function that is called so may well await what it is given."""
    return name in _TAKING_COROUTINES or _MAY_TAKE.search(name) is not None


def promises_result(function: Function) -> bool:
    """Whether an async function says that it returns something that is not awaited again."""
    return function.is_async and bool(function.returns) and not any(word in function.returns for word in _WAITING)


def is_misused(project: Project, symbol: Symbol, function: Function, call: Call) -> bool:
    """Whether a coroutine kept in a name is somewhere used as if it were the result, and nowhere as a coroutine."""
    node = project.node(symbol)
    for statement in walk_inside(node) if node is not None else ():
        if isinstance(statement, ast.Assign) and statement.value.lineno == call.line and len(statement.targets) == 1:
            target = statement.targets[0]
            if node is not None and isinstance(target, ast.Name) and isinstance(statement.value, ast.Call):
                uses = set(_judge_uses(project, symbol, node, target, promises_result(function)))
                return True in uses and False not in uses
    return False


def _judge_uses(
    project: Project, symbol: Symbol, node: FunctionNode, target: ast.Name, promised: bool
) -> Iterator[bool | None]:
    """For every other use of a name, whether it takes the coroutine for its result; None where that is not known."""
    for inner in ast.walk(node):
        for child in ast.iter_child_nodes(inner):
            if not isinstance(child, ast.Name) or child.id != target.id or child is target:
                continue
            if isinstance(inner, ast.Attribute):
                yield inner.attr not in _OF_COROUTINES
            elif isinstance(inner, ast.Call) and child in inner.args:
                yield _judge_argument(project, symbol, inner, inner.args.index(child), "")
            elif isinstance(inner, ast.keyword):
                caller = next(each for each in ast.walk(node) if isinstance(each, ast.Call) and inner in each.keywords)
                yield inner.arg is None or _judge_argument(project, symbol, caller, -1, inner.arg)
            elif isinstance(inner, ast.Return):
                yield promised or None
            elif isinstance(inner, _RESULT_USES):
                yield child is not getattr(inner, "target", None)
            else:
                yield False


def _judge_argument(project: Project, symbol: Symbol, call: ast.Call, position: int, name: str) -> bool | None:
    """As above, for a coroutine that is handed to a function."""
    if _takes_result(project, symbol, call, position, name):
        return True
    called = last_name(call.func)
    if called in _TAKING_COROUTINES:
        return False
    return None if may_take_coroutine(called) else True


def _takes_result(project: Project, symbol: Symbol, call: ast.Call, position: int, name: str) -> bool:
    """Whether the function of the project that a call names has, for an argument, a parameter that is not awaitable."""
    found = project.types.chain(symbol, chain_of(call.func), call.lineno)
    function = project.function(found.name) if found is not None and found.kind == "function" else None
    if function is None:
        return False
    bound = [each for each in function.parameters if each.name not in ("self", "cls")]
    taken = [each for index, each in enumerate(bound) if index == position or each.name == name]
    return any(each.annotation and not any(word in each.annotation for word in _WAITING) for each in taken)
