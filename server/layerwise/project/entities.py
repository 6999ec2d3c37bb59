"""Rows in variables: which local names of a function hold instances of which model, and how they were loaded."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from layerwise.project.chains import chain_of
from layerwise.project.classes import Classes
from layerwise.project.expressions import (
    callee_name,
    dotted_name,
    is_none,
    keyword,
    last_name,
    parse_expression,
    strip_optional,
)
from layerwise.project.extract import FunctionNode
from layerwise.project.inference import Inference
from layerwise.project.loading import detaches, read_loads
from layerwise.project.models import Model
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Index

Origin = Literal["query", "new", "call", "parameter"]

_ONE = frozenset(
    {"scalar_one", "scalar_one_or_none", "one", "one_or_none", "first", "scalar", "get", "get_one", "unique"}
)
_MANY = frozenset({"all", "fetchall", "partitions"})
_RUN = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars"})
_LOCKS = frozenset({"with_for_update"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT of one model: the relationships that its options load (`*` for all), the columns that it compares for
    equality, the methods called on it, the `select(…)` or `session.query(…)` call that it starts from, and its last
    `order_by(…)`.
    """

    model: Symbol
    loads: frozenset[str]
    columns: frozenset[str]
    methods: frozenset[str]
    start: ast.Call
    path: str
    order: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """A name that holds a row of `model`, or several when `many`, from `line` on.

    `loads` are the relationships that are surely loaded; None when the way it was loaded cannot be seen. `columns` are
    those that it was looked up by. `start` is the `select(…)` or `session.get(…)` call in the same function,
    `built` the path and line where the query begins, be it in a function that was called.
    """

    name: str
    model: Symbol
    origin: Origin
    many: bool
    loads: frozenset[str] | None
    locked: bool
    line: int
    columns: frozenset[str] = frozenset()
    start: ast.Call | None = None
    built: tuple[str, int] | None = None


class Entities:
    """The rows that the functions of a project hold."""

    def __init__(self, index: Index, classes: Classes, types: Inference, models: Mapping[Symbol, Model]) -> None:
        self.index = index
        self.classes = classes
        self.types = types
        self.models = models
        self._found: dict[Symbol, tuple[Entity, ...]] = {}
        self._returned: dict[tuple[Symbol, Symbol], Entity | None] = {}
        self._statements: dict[Symbol, tuple[Statement, ...]] = {}
        self._built: dict[tuple[Symbol, Symbol], Statement | None] = {}

    def of(self, symbol: Symbol) -> tuple[Entity, ...]:
        """Every binding of a local name to rows in a function, in order; a name bound to something else has none."""
        if symbol not in self._found:
            self._found[symbol] = ()
            node = self.index.node(symbol) if self.models else None
            if node is not None:
                self._found[symbol] = tuple(_FunctionReader(self, symbol, node).read())
        return self._found[symbol]

    def statements(self, symbol: Symbol) -> tuple[Statement, ...]:
        """Every SELECT of one model that a function builds, each as far as it goes."""
        if symbol not in self._statements:
            node = self.index.node(symbol) if self.models else None
            self._statements[symbol] = tuple(_FunctionReader(self, symbol, node).read_statements()) if node else ()
        return self._statements[symbol]

    def returned(self, symbol: Symbol, receiver: Symbol = "") -> Entity | None:
        """The rows that a function of the project returns, when all its return statements agree on the model.

        `receiver` is the class of what a method is called on: it tells which model `self.model` is in a generic base.
        """
        key = (symbol, receiver)
        if key not in self._returned:
            self._returned[key] = None
            node = self.index.node(symbol)
            if node is not None:
                self._returned[key] = _FunctionReader(self, symbol, node, receiver).read_returned()
        return self._returned[key]

    def classify(self, symbol: Symbol, expression: ast.expr) -> Entity | None:
        """The rows that an expression gives at the end of a function."""
        node = self.index.node(symbol)
        if node is None:
            return None
        reader = _FunctionReader(self, symbol, node)
        for _ in reader.read():
            pass
        return reader.classify(expression)

    def built(self, symbol: Symbol, receiver: Symbol) -> Statement | None:
        """The SELECT that a function of the project returns; `receiver` as in `returned`."""
        key = (symbol, receiver)
        if key not in self._built:
            self._built[key] = None
            node = self.index.node(symbol)
            if node is not None:
                self._built[key] = _FunctionReader(self, symbol, node, receiver).read_built()
        return self._built[key]

    def bound_model(self, klass: Symbol, attribute: str) -> Symbol | None:
        """The model that `self.model` holds in a class: by its field, else as the first argument of a generic base."""
        for owner in (klass, *self.classes.ancestors(klass)):
            found = self.index.klass(owner)
            path = owner.partition(JOINT)[0]
            fields = {field.name: field.value for field in found.fields} if found else {}
            texts = [fields.get(attribute, ""), *(found.bases if found else ())]
            for text in texts:
                node = parse_expression(text)
                inner = node.slice if isinstance(node, ast.Subscript) else node
                first = inner.elts[0] if isinstance(inner, ast.Tuple) else inner
                named = self.index.resolve(path, dotted_name(first)) if dotted_name(first) else ""
                if named in self.models and (text is texts[0] or isinstance(node, ast.Subscript)):
                    return named
        return None


class _FunctionReader:
    """Reads one function, statement by statement."""

    def __init__(self, entities: Entities, symbol: Symbol, node: FunctionNode, receiver: Symbol = "") -> None:
        self.entities = entities
        self.symbol = symbol
        self.path = symbol.partition(JOINT)[0]
        self.node = node
        self.owner = receiver or symbol.rpartition(".")[0]
        self.rows: dict[str, Entity] = {}
        self.statements: dict[str, Statement] = {}
        self.results: dict[str, Statement] = {}

    def read(self) -> Iterator[Entity]:
        for argument in (*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs):
            inner, _ = strip_optional(argument.annotation)
            if model := self.model_of(inner):
                yield self.keep(Entity(argument.arg, model, "parameter", False, None, False, argument.lineno))
        for statement in _statements(self.node):
            yield from self.read_statement(statement)

    def read_statements(self) -> list[Statement]:
        """The statements in their last form: one that a later line takes further counts there only."""
        found: dict[int, Statement] = {}
        for statement in _statements(self.node):
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Call) and (built := self.statement_of(inner)):
                    known = found.get(id(built.start))
                    if known is None or len(built.methods) >= len(known.methods):
                        found[id(built.start)] = built
            for _ in self.read_statement(statement):
                pass
        return list(found.values())

    def read_returned(self) -> Entity | None:
        for _ in self.read():
            pass
        returns = [each.value for each in _statements(self.node) if isinstance(each, ast.Return) and each.value]
        found = [self.classify(value) for value in returns if not is_none(value)]
        known = [entity for entity in found if entity is not None]
        if not known or len(known) < len(found) or len({(each.model, each.many) for each in known}) > 1:
            return None
        loads = [each.loads for each in known]
        if any(each is None for each in loads):
            return replace(known[0], loads=None)
        # What only some branches load is what their callers ask for.
        return replace(known[0], loads=frozenset().union(*(each for each in loads if each is not None)))

    def read_built(self) -> Statement | None:
        """The SELECT of the last return statement."""
        for _ in self.read():
            pass
        returns = [each.value for each in _statements(self.node) if isinstance(each, ast.Return) and each.value]
        return self.statement_of(returns[-1]) if returns else None

    def read_statement(self, statement: ast.stmt) -> Iterator[Entity]:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield from self.bind(target.id, statement.value, statement.lineno)
        elif isinstance(statement, ast.For | ast.AsyncFor) and isinstance(statement.target, ast.Name):
            many = self.classify(statement.iter)
            self.forget(statement.target.id)
            if many is not None and many.many:
                yield self.keep(replace(many, name=statement.target.id, many=False, line=statement.lineno))
        elif isinstance(statement, ast.If | ast.While):
            for inner in ast.walk(statement.test):
                if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                    yield from self.bind(inner.target.id, inner.value, inner.lineno)

    def bind(self, name: str, value: ast.expr, line: int) -> Iterator[Entity]:
        statement, result, row = self.statement_of(value), self.result_of(value), self.classify(value)
        self.forget(name)
        if statement is not None:
            self.statements[name] = statement
        if result is not None:
            self.results[name] = result
        if row is not None:
            yield self.keep(replace(row, name=name, line=line))

    def keep(self, entity: Entity) -> Entity:
        self.rows[entity.name] = entity
        return entity

    def forget(self, name: str) -> None:
        for known in (self.rows, self.statements, self.results):
            known.pop(name, None)

    def model_of(self, node: ast.expr | None) -> Symbol | None:
        name = dotted_name(node) if not isinstance(node, ast.Subscript) else ""
        if name.startswith(("self.", "cls.")):
            return self.entities.bound_model(self.owner, name.partition(".")[2])
        symbol = self.entities.index.resolve(self.path, name) if name else ""
        return symbol if symbol in self.entities.models else None

    def statement_of(self, node: ast.expr) -> Statement | None:
        """The SELECT that an expression builds: `select(User).where(…)`, or a known one with more steps."""
        if isinstance(node, ast.Name):
            return self.statements.get(node.id)
        if not isinstance(node, ast.Call):
            return None
        name = callee_name(node)
        if isinstance(node.func, ast.Attribute) and name not in ("select", "query"):
            below = self.statement_of(node.func.value)
            if below is None:
                return self.built_by(node)
            return _with_step(below, node, node.func.attr)
        if name in ("select", "query") and len(node.args) == 1 and (model := self.model_of(node.args[0])):
            return Statement(model, frozenset(), frozenset(), frozenset({name}), node, self.path)
        return self.built_by(node)

    def built_by(self, node: ast.Call) -> Statement | None:
        """The SELECT that a method of the same object builds: `self.select()`."""
        if not isinstance(node.func, ast.Attribute) or dotted_name(node.func.value) not in ("self", "cls"):
            return None
        method = self.entities.classes.method(self.owner, node.func.attr)
        return self.entities.built(method, self.owner) if method else None

    def result_of(self, node: ast.expr) -> Statement | None:
        """The SELECT whose result an expression is: `await session.execute(stmt)`, `….scalars()`."""
        if isinstance(node, ast.Await):
            return self.result_of(node.value)
        if isinstance(node, ast.Name):
            return self.results.get(node.id)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        if node.func.attr in _RUN and node.args and (statement := self.statement_of(node.args[0])):
            return statement
        if node.func.attr in ("scalars", "unique", "mappings"):
            return self.result_of(node.func.value)
        return None

    def classify(self, node: ast.expr) -> Entity | None:
        """The rows that an expression gives."""
        if isinstance(node, ast.Await):
            return self.classify(node.value)
        if isinstance(node, ast.Name):
            return self.rows.get(node.id)
        if isinstance(node, ast.BoolOp | ast.IfExp):
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            found = [self.classify(part) for part in parts]
            models = {each.model for each in found if each is not None}
            return found[0] if found[0] and len(models) == 1 else None
        if isinstance(node, ast.Call) and last_name(node.func) in ("list", "sorted", "tuple") and node.args:
            return self.classify(node.args[0])
        if not isinstance(node, ast.Call):
            return None
        if model := self.model_of(node.func):
            return Entity("", model, "new", False, frozenset(), False, node.lineno)
        return self.fetched(node) or self.called(node)

    def fetched(self, node: ast.Call) -> Entity | None:
        """What a query gives: `session.get(User, 1)`, `session.scalar(stmt)`, `result.scalar_one()`, `….all()`."""
        if not isinstance(node.func, ast.Attribute):
            return None
        name = node.func.attr
        if name in ("get", "get_one") and len(node.args) >= 2 and (model := self.model_of(node.args[0])):
            options = keyword(node, "options")
            loads = read_loads(options.elts if isinstance(options, ast.List | ast.Tuple) else [])
            locked = keyword(node, "with_for_update") is not None
            keys = frozenset(each.name for each in self.entities.models[model].columns if each.primary_key)
            return Entity("", model, "query", False, loads, locked, node.lineno, keys, node)
        if name in ("scalar", "scalars") and node.args:
            statement = self.statement_of(node.args[0])
        else:
            statement = self.result_of(node.func.value) or self.queried(node.func.value)
        if statement is None or name not in _ONE | _MANY | {"scalars"}:
            return None
        locked = bool(statement.methods & _LOCKS)
        many = name in _MANY or name == "scalars"
        where = statement.columns
        start = statement.start if statement.path == self.path else None
        built = (statement.path, statement.start.lineno)
        # Only sync sessions have `query(…)`, and they load what is missing when it is asked for.
        seen = None if "query" in statement.methods else statement.loads
        return Entity("", statement.model, "query", many, seen, locked, node.lineno, where, start, built)

    def queried(self, node: ast.expr) -> Statement | None:
        """A statement of the older form, `session.query(User).filter(…)`, which runs by itself."""
        statement = self.statement_of(node)
        return statement if statement and "query" in statement.methods else None

    def called(self, node: ast.Call) -> Entity | None:
        """What a function of the project returns, by its body, else by its annotation."""
        found = self.entities.types.chain(self.symbol, chain_of(node.func), node.lineno)
        if found is None or found.kind != "function" or JOINT not in found.name:
            return None
        receiver = self.receiver_of(node)
        method = self.entities.classes.method(receiver, found.name.rpartition(".")[2]) if receiver else None
        if detaches(self.entities.index.node(method or found.name)):
            return None
        if inside := self.entities.returned(method or found.name, receiver):
            origin: Origin = "new" if inside.origin == "new" else "call"
            # So does a plain function, which can only read through a sync session.
            function = self.entities.index.function(method or found.name)
            loads = inside.loads if function is None or function.is_async else None
            return replace(inside, origin=origin, start=None, loads=loads)
        given = self.entities.types.result(found.name)
        if given is not None and given.kind == "instance" and given.name in self.entities.models:
            return Entity("", given.name, "call", False, None, False, node.lineno)
        return None

    def receiver_of(self, node: ast.Call) -> Symbol:
        """The class of what a method is called on, when the call goes through another object."""
        if not isinstance(node.func, ast.Attribute):
            return ""
        if dotted_name(node.func.value) in ("self", "cls", "super"):
            return self.owner
        found = self.entities.types.chain(self.symbol, chain_of(node.func.value), node.lineno)
        return found.name if found is not None and found.kind in ("instance", "class") and JOINT in found.name else ""


def _statements(node: FunctionNode) -> Iterator[ast.stmt]:
    """The statements of a function in order, those of functions and classes inside left out."""
    waiting: list[ast.stmt] = list(reversed(node.body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        inner: list[ast.stmt] = []
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            for child in getattr(statement, name, []):
                inner += child.body if isinstance(child, ast.ExceptHandler | ast.match_case) else [child]
        waiting.extend(reversed(inner))


def _with_step(statement: Statement, node: ast.Call, method: str) -> Statement:
    """A statement with one more method called on it."""
    methods = statement.methods | {method}
    if method == "options":
        return replace(statement, methods=methods, loads=statement.loads | read_loads(node.args))
    if method in ("where", "filter", "filter_by"):
        return replace(statement, methods=methods, columns=statement.columns | _compared(node))
    return replace(statement, methods=methods, order=node if method == "order_by" else statement.order)


def _compared(node: ast.Call) -> frozenset[str]:
    """The columns that a `where` compares for equality: `User.email == email`, `email=email`."""
    found = {word.arg for word in node.keywords if word.arg}
    for argument in node.args:
        for inner in ast.walk(argument):
            if isinstance(inner, ast.Compare) and isinstance(inner.ops[0], ast.Eq | ast.Is):
                sides = [side for side in (inner.left, *inner.comparators) if isinstance(side, ast.Attribute)]
                found |= {side.attr for side in sides[:1]}
    return frozenset(found)
