"""Sessions: which expressions of a module are database sessions, and whether they are async."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from layerwise.review.names import Names
from layerwise.review.tree import Function, Tree, callee_name, dotted, keyword, parameters

Kind = Literal["async", "sync"]

# AsyncSession methods that are coroutines; Session has the same names without await.
AWAITED = frozenset({
    "execute", "scalar", "scalars", "get", "get_one", "commit", "rollback", "flush", "refresh", "delete", "merge",
    "stream", "stream_scalars", "run_sync", "connection", "close",
})  # fmt: skip
# Those of them that clients of other services do not have as well.
_ONLY_SQL = frozenset({"execute", "scalar", "scalars", "commit", "rollback", "flush", "refresh", "get_one", "query"})
# Methods of both that are plain calls.
PLAIN = frozenset(
    {"add", "add_all", "expunge", "expunge_all", "expire", "expire_all", "in_transaction", "begin_nested"}
)
QUERIES = frozenset({"execute", "scalar", "scalars", "get", "get_one", "stream", "stream_scalars", "query"})
WRITES = frozenset({"add", "add_all", "delete", "merge", "flush", "commit", "refresh", "bulk_save_objects"})

_KINDS: dict[str, Kind] = {
    "sqlalchemy.ext.asyncio.AsyncSession": "async",
    "sqlalchemy.orm.Session": "sync",
    "sqlalchemy.orm.scoped_session": "sync",
}
_MAKERS: dict[str, Kind] = {
    "sqlalchemy.ext.asyncio.async_sessionmaker": "async",
    "sqlalchemy.orm.sessionmaker": "sync",
    "sqlalchemy.orm.scoped_session": "sync",
}
# Types whose instances are also called `db` or `session`.
_OTHER_TYPES = frozenset({
    "Redis", "ClientSession", "Database", "AsyncIOMotorDatabase", "AsyncClient", "Client", "Connection",
    "AsyncConnection", "str", "int", "dict",
})  # fmt: skip
_SPOKEN: dict[str, Kind] = {**_KINDS, **_MAKERS, "sqlalchemy.ext.asyncio.create_async_engine": "async"}
_BINDERS = frozenset({ast.With, ast.AsyncWith, ast.Assign, ast.AnnAssign})
_SESSION_NAME = re.compile(r"(^|(?<!_by)_|\.)(?<!by_)(a?session|db|db_session|async_session|database_session)$")
_ASYNC_MAKER_NAME = re.compile(r"(^|\.)_?async_?session(_?(local|maker|factory))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A call of a session method. `kind` is None when only the receiver's name says that it is a session."""

    node: ast.Call
    receiver: str
    method: str
    kind: Kind | None


class Sessions:
    """The sessions of one module, from annotations, session makers, `__init__` parameters and use."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._scopes: dict[ast.AST, dict[str, Kind | None]] = {}

    @cached_property
    def calls(self) -> list[SessionCall]:
        """Every call of a session method in the module, in the order of the method names."""
        return list(self._find_calls())

    def _find_calls(self) -> Iterator[SessionCall]:
        for node in self._tree.calls(*AWAITED, *PLAIN, "query", "bulk_save_objects"):
            if isinstance(node.func, ast.Attribute):
                receiver = dotted(node.func.value)
                declared = self._declared(receiver, node) if receiver else (None,)
                if _is_session(receiver, declared) and (declared is not None or self._is_of_sql(receiver)):
                    yield SessionCall(node, receiver, node.func.attr, self._kind(receiver, declared))

    def _is_of_sql(self, receiver: str) -> bool:
        """Whether `session.get(...)` is a database's and no HTTP client's: the module speaks of SQL."""
        return receiver in self._sql_receivers or "sqlalchemy" in self._names.modules

    @cached_property
    def _sql_receivers(self) -> frozenset[str]:
        """The expressions on which the module calls what only a database session has."""
        return frozenset(
            dotted(call.func.value) for call in self._tree.calls(*_ONLY_SQL) if isinstance(call.func, ast.Attribute)
        )

    def calls_in(self, function: Function) -> list[SessionCall]:
        """The session calls that run when `function` runs, in written order."""
        return self._calls_by_runner.get(function, [])

    @cached_property
    def _calls_by_runner(self) -> dict[Function | None, list[SessionCall]]:
        found: dict[Function | None, list[SessionCall]] = {}
        for call in sorted(self.calls, key=lambda call: (call.node.lineno, call.node.col_offset)):
            found.setdefault(self._tree.runner(call.node), []).append(call)
        return found

    def opened_in(self, function: Function) -> frozenset[str]:
        """The variables of `function` that it sets itself, so that a session in one of them is its own."""
        given = {argument.arg for argument in parameters(function)}
        names = {node.id for node in self._tree.body_of(function, ast.Name) if isinstance(node.ctx, ast.Store)}
        return frozenset(names - given)

    def is_session(self, receiver: str, at: ast.AST) -> bool:
        """Whether `receiver` (such as `self.session`) is a session where `at` stands: by type, else by its name."""
        return _is_session(receiver, self._declared(receiver, at))

    def kind(self, receiver: str, at: ast.AST) -> Kind | None:
        """Async or sync where it can be told; by declaration first, else by how the module uses the same expression."""
        return self._kind(receiver, self._declared(receiver, at))

    def _kind(self, receiver: str, declared: tuple[Kind | None] | None) -> Kind | None:
        if declared is not None and declared[0] is not None:
            return declared[0]
        if not _is_session(receiver, declared):
            return None
        return "async" if receiver in self._awaited_receivers else self._only_kind

    @cached_property
    def _only_kind(self) -> Kind | None:
        """The kind of session that the module speaks of, when it speaks of one kind only."""
        kinds = {
            _SPOKEN[target]
            for target in (self._names.qualified(name) for name in self._tree.of(ast.Name))
            if target in _SPOKEN
        }
        return next(iter(kinds)) if len(kinds) == 1 else None

    def kind_of_annotation(self, annotation: ast.expr | None) -> Kind | None:
        """Async or sync when `annotation` is a session type, an alias of one or `Annotated` around one."""
        if annotation is None:
            return None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._kind_of_text(annotation.value)
        if isinstance(annotation, ast.BinOp):
            return self.kind_of_annotation(annotation.left) or self.kind_of_annotation(annotation.right)
        if isinstance(annotation, ast.Subscript):
            if self._names.qualified(annotation.value) in ("typing.Annotated", "typing.Optional"):
                inner = annotation.slice
                return self.kind_of_annotation(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
            return self.kind_of_annotation(annotation.value)
        if isinstance(annotation, ast.Name) and annotation.id in self._aliases:
            return self._aliases[annotation.id]
        full = self._names.qualified(annotation)
        return _KINDS.get(full) or ("async" if full.rpartition(".")[2] in ("AsyncSession", "AsyncSessionDep") else None)

    def _kind_of_text(self, text: str) -> Kind | None:
        try:
            return self.kind_of_annotation(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def _aliases(self) -> dict[str, Kind]:
        """`SessionDep = Annotated[AsyncSession, Depends(get_db)]` and the like."""
        found: dict[str, Kind] = {}
        for statement in self._tree.root.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Subscript):
                for target in statement.targets:
                    if isinstance(target, ast.Name) and (kind := self._annotated_kind(statement.value)):
                        found[target.id] = kind
        return found

    def _annotated_kind(self, value: ast.Subscript) -> Kind | None:
        if self._names.qualified(value.value) != "typing.Annotated" or not isinstance(value.slice, ast.Tuple):
            return None
        return _KINDS.get(self._names.qualified(value.slice.elts[0]))

    @cached_property
    def makers(self) -> dict[str, Kind]:
        """The names of session makers that the module assigns, with what they make."""
        found: dict[str, Kind] = {}
        for assign in self._tree.of(ast.Assign):
            if isinstance(assign.value, ast.Call) and (kind := self._maker_kind(assign.value)):
                found.update({name: kind for target in assign.targets if (name := dotted(target))})
        return found

    def _maker_kind(self, call: ast.Call) -> Kind | None:
        kind = _MAKERS.get(self._names.callee(call))
        given = keyword(call, "class_")
        return _KINDS.get(self._names.qualified(given), kind) if given is not None and kind else kind

    def kind_of_value(self, value: ast.expr) -> Kind | None:
        """Async or sync when evaluating `value` makes a session: `AsyncSession(engine)`, `SessionLocal()`."""
        if isinstance(value, ast.Call):
            name = dotted(value.func)
            full = self._names.callee(value)
            if full in _MAKERS:
                return None
            if kind := _KINDS.get(full) or self.makers.get(name):
                return kind
            if isinstance(value.func, ast.Attribute) and value.func.attr == "begin":
                return self.makers.get(dotted(value.func.value))
            return "async" if _ASYNC_MAKER_NAME.search(name) else None
        return None

    @cached_property
    def _awaited_receivers(self) -> frozenset[str]:
        """The expressions on which the module awaits a session method: they are async wherever they stand."""
        found = set()
        for node in self._tree.of(ast.Await):
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _ONLY_SQL:
                found.add(dotted(call.func.value))
        return frozenset(found)

    def _declared(self, receiver: str, at: ast.AST) -> tuple[Kind | None] | None:
        """What declares `receiver` around `at`: its kind in a tuple; None when nothing does."""
        if receiver.startswith(("self.", "cls.")):
            klass = self._tree.klass(at)
            scope = self._attributes(klass) if klass is not None else {}
            return (scope[receiver.partition(".")[2]],) if receiver.partition(".")[2] in scope else None
        around: ast.AST | None = at
        while around is not None:
            around = self._tree.function(around)
            scope = self._variables(around or self._tree.root)
            if receiver in scope:
                return (scope[receiver],)
        return None

    def _variables(self, scope: ast.AST) -> dict[str, Kind | None]:
        """The parameters and variables of a function, or of the module, that are known to be sessions."""
        if scope in self._scopes:
            return self._scopes[scope]
        found: dict[str, Kind | None] = {}
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in parameters(scope):
                if kind := self.kind_of_annotation(argument.annotation):
                    found[argument.arg] = kind
                elif self._is_other_type(argument):
                    found[argument.arg] = None
            self._scopes[scope] = found
            for node in self._tree.body(scope):
                if node.__class__ in _BINDERS:
                    self._record(node, found)
        elif isinstance(scope, ast.Module):
            self._scopes[scope] = found
            for statement in scope.body:
                self._record(statement, found)
        return found

    def _is_other_type(self, argument: ast.arg) -> bool:
        """A parameter called `db` or `session` that is declared to be something else, such as a Redis client."""
        if argument.annotation is None:
            return False
        return self._names.qualified(argument.annotation).rpartition(".")[2] in _OTHER_TYPES

    def _record(self, node: ast.AST, found: dict[str, Kind | None]) -> None:
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if item.optional_vars is None:
                    continue
                if kind := self.kind_of_value(item.context_expr):
                    found[dotted(item.optional_vars)] = kind
                elif isinstance(item.context_expr, ast.Call) and callee_name(item.context_expr) in _OTHER_TYPES:
                    found[dotted(item.optional_vars)] = None
        elif isinstance(node, ast.Assign) and (kind := self.kind_of_value(node.value)):
            found.update({name: kind for target in node.targets if (name := dotted(target))})
        elif isinstance(node, ast.AnnAssign) and (kind := self.kind_of_annotation(node.annotation)):
            found[dotted(node.target)] = kind

    def _attributes(self, klass: ast.ClassDef) -> dict[str, Kind | None]:
        """The attributes of `self` that are known to be sessions: from `__init__` and from annotated fields."""
        if klass in self._scopes:
            return self._scopes[klass]
        found: dict[str, Kind | None] = {}
        self._scopes[klass] = found
        for statement in klass.body:
            if isinstance(statement, ast.AnnAssign) and (kind := self.kind_of_annotation(statement.annotation)):
                found[dotted(statement.target)] = kind
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                parameters = self._variables(statement)
                for node in self._tree.body_of(statement, ast.Assign):
                    if isinstance(node.value, ast.Name) and node.value.id in parameters:
                        for target in node.targets:
                            found[dotted(target).removeprefix("self.")] = parameters[node.value.id]
        return found


def _is_session(receiver: str, declared: tuple[Kind | None] | None) -> bool:
    """Whether an expression is a session: by what declares it, else by its name."""
    if declared is not None:
        return declared[0] is not None
    # What a browser comes back with is a session of another kind.
    return bool(_SESSION_NAME.search(receiver)) and not receiver.endswith(("request.session", "websocket.session"))
