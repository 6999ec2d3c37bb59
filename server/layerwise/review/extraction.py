"""Extraction: a query that a route makes itself, moved into a repository class above the route."""

import ast
from dataclasses import dataclass

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.routes import Route
from layerwise.review.sessions import SessionCall
from layerwise.review.tree import parameters

_RESULTS = {"execute": ("Result", "Result[Any]"), "scalars": ("ScalarResult", "ScalarResult[Any]")}
_MOVABLE = frozenset({*_RESULTS, "scalar", "get"})
_SESSIONS = {"async": "sqlalchemy.ext.asyncio.AsyncSession", "sync": "sqlalchemy.orm.Session"}


@dataclass(frozen=True, slots=True)
class _Move:
    """What is moved where: the call, the repository's name, and the parameters that the query needs."""

    call: SessionCall
    entity: str
    arguments: tuple[tuple[str, str], ...]
    returns: str

    @property
    def repository(self) -> str:
        return f"{self.entity}Repository"


def extract_query(context: Context, route: Route, call: SessionCall) -> Fix | None:
    """The fix that moves `call` from `route` into a repository class; None when it cannot be moved as it stands."""
    move = _read_move(context, route, call)
    if move is None or call.kind is None:
        return None
    wanted = [_SESSIONS[call.kind]]
    if call.method in _RESULTS:
        wanted.append(f"sqlalchemy.{_RESULTS[call.method][0]}")
    if "Any" in move.returns:
        wanted.append("typing.Any")
    edits: list[Edit] = []
    for full_name in wanted:
        local, added = context.imports.add(full_name)
        if local != full_name.rpartition(".")[2]:
            return None
        edits.extend(added)
    names = ", ".join(name for name, _ in move.arguments)
    replacement = f"{move.repository}({call.receiver}).{route.function.name}({names})"
    edits.append(context.source.replace(call.node, replacement))
    edits.append(_insert_class(context, route, move))
    reason = f"the query moves into {move.repository}, above the route; move that class to your repositories package."
    return Fix(tuple(edits), safe=False, reason=reason)


def _read_move(context: Context, route: Route, call: SessionCall) -> _Move | None:
    awaited = isinstance(context.tree.parent(call.node), ast.Await)
    if call.method not in _MOVABLE or "." in call.receiver or awaited != (call.kind == "async"):
        return None
    entity = _find_entity(context, call)
    arguments = _find_arguments(context, route, call)
    if entity is None or arguments is None or _is_bound(context, f"{entity}Repository"):
        return None
    whole = any(isinstance(part, ast.Name) and part.id == entity for part in _selected(context, call))
    returns = _RESULTS.get(call.method, ("", f"{entity} | None" if whole else "Any"))[1]
    return _Move(call, entity, arguments, returns)


def _selected(context: Context, call: SessionCall) -> list[ast.expr]:
    """What the query is about: the arguments of `select(...)`, the class of `get(...)`."""
    if not call.node.args or (isinstance(call.node.args[0], ast.Name) and call.method != "get"):
        return []
    if call.method == "get":
        return call.node.args[:1]
    statement = context.queries.read(call.node.args[0])
    return list(statement.root.args) if statement is not None else []


def _find_entity(context: Context, call: SessionCall) -> str | None:
    for part in _selected(context, call):
        base = part.value if isinstance(part, ast.Attribute) else part
        if isinstance(base, ast.Name) and base.id[:1].isupper():
            return base.id
    return None


def _find_arguments(context: Context, route: Route, call: SessionCall) -> tuple[tuple[str, str], ...] | None:
    """The route's parameters that the query uses, with their annotations; None when it needs anything else."""
    annotations = {argument.arg: argument.annotation for argument in parameters(route.function)}
    inside = [node for argument in (*call.node.args, *call.node.keywords) for node in context.tree.within(argument)]
    if any(isinstance(node, ast.Await | ast.Yield | ast.NamedExpr | ast.Lambda | ast.comprehension) for node in inside):
        return None
    found: dict[str, str] = {}
    for node in inside:
        if isinstance(node, ast.Name) and node.id in context.sessions.opened_in(route.function):
            return None
        if isinstance(node, ast.Name) and node.id in annotations:
            annotation = annotations[node.id]
            if annotation is None:
                return None
            found[node.id] = context.source.segment(annotation)
    return tuple(found.items())


def _is_bound(context: Context, name: str) -> bool:
    if name in context.names.imports:
        return True
    return any(klass.name == name for klass in context.tree.of(ast.ClassDef))


def _insert_class(context: Context, route: Route, move: _Move) -> Edit:
    call = move.call
    parts: list[ast.expr | ast.keyword] = [*call.node.args, *call.node.keywords]
    given = ", ".join(context.source.segment(part) for part in parts)
    signature = ", ".join(["self", *(f"{name}: {annotation}" for name, annotation in move.arguments)])
    define, wait = ("async def", "await ") if call.kind == "async" else ("def", "")
    session = _SESSIONS[call.kind or "async"].rpartition(".")[2]
    lines = [
        f"class {move.repository}:",
        f'    """Queries on {move.entity}."""',
        "",
        f"    def __init__(self, session: {session}) -> None:",
        "        self.session = session",
        "",
        f"    {define} {route.function.name}({signature}) -> {move.returns}:",
        f"        return {wait}self.session.{call.method}({given})",
        "",
        "",
        "",
    ]
    first = min(decorator.lineno for decorator in route.function.decorator_list)
    return context.source.insert(context.source.line_start(first), context.source.newline.join(lines))
