"""What expressions do inside a function: calls, with what becomes of their results, bindings and attribute reads."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from layerwise.project.chains import chain_of, target_name
from layerwise.project.facts import MODULE_BODY, Binding, BindingKind, Body, Call, CallUse, Wiring
from layerwise.project.text import SourceText

WIRING_NAMES = frozenset(
    {
        "FastAPI",
        "APIRouter",
        "include_router",
        "mount",
        "add_api_route",
        "add_middleware",
        "add_exception_handler",
        "create_engine",
        "create_async_engine",
        "sessionmaker",
        "async_sessionmaker",
    }
)


@dataclass(slots=True)
class BodyRecord:
    """A body while it is being read."""

    qualname: str
    calls: list[Call] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    raises: list[str] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    has_yield: bool = False
    loops: list[tuple[str, str]] = field(default_factory=list)
    conditions: int = 0
    lambdas: int = 0

    def freeze(self) -> Body:
        return Body(
            self.qualname, tuple(self.calls), tuple(self.bindings), tuple(self.raises), tuple(sorted(self.reads))
        )


class BodyReader(ABC):
    """Reads expressions into the body at hand; what statements mean is the subclass's part."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.body = BodyRecord(MODULE_BODY)
        self.wirings: list[Wiring] = []

    @abstractmethod
    def read_statements(self, statements: list[ast.stmt]) -> None:
        """Read statements that stand below an expression or a node of no special meaning."""

    def read_children(self, node: ast.AST) -> None:
        """Read whatever stands below a node of no special meaning."""
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.stmt):
                        self.read_statements([item])
                    elif isinstance(item, ast.AST):
                        self.read_child(item)
            elif isinstance(value, ast.AST):
                self.read_child(value)

    def read_child(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            self.read(node)
        elif not isinstance(node, ast.expr_context | ast.operator | ast.cmpop | ast.boolop | ast.unaryop):
            self.read_children(node)

    def bind(self, target: ast.expr, value: ast.expr, kind: BindingKind) -> None:
        """Record what names a target binds; the parts of an unpacked value are not followed."""
        if name := target_name(target):
            self.body.bindings.append(Binding(name, kind, chain_of(value), target.lineno))
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                inner = element.value if isinstance(element, ast.Starred) else element
                if name := target_name(inner):
                    self.body.bindings.append(Binding(name, "other", "?", target.lineno))
        else:
            self.read(target)

    def read(self, node: ast.expr, use: CallUse = "other", awaited: bool = False) -> None:
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            return
        if kind is ast.Attribute:
            assert isinstance(node, ast.Attribute)
            self.body.reads.add(node.attr)
            self.read(node.value, "attribute")
        elif kind is ast.Call:
            assert isinstance(node, ast.Call)
            self.read_call(node, use, awaited)
        else:
            handler = _EXPRESSIONS.get(kind)
            if handler is None:
                self.read_children(node)
            else:
                handler(self, node, use)

    def read_call(self, node: ast.Call, use: CallUse, awaited: bool) -> None:
        function = node.func
        chain = chain_of(function)
        last_line = node.end_lineno or node.lineno
        self.body.calls.append(
            Call(
                chain,
                node.lineno,
                self.source.column(node.lineno, node.col_offset),
                last_line,
                self.source.column(last_line, node.end_col_offset or 0),
                awaited,
                use,
                bool(self.body.loops),
                bool(self.body.lambdas),
            )
        )
        if chain.rpartition(".")[2] in WIRING_NAMES:
            self.add_wiring(node)
        if isinstance(function, ast.Attribute):
            self.read(function.value, "attribute")
        elif not isinstance(function, ast.Name):
            self.read(function)
        for argument in node.args:
            self.read(argument.value if isinstance(argument, ast.Starred) else argument, "argument")
        for keyword in node.keywords:
            self.read(keyword.value, "argument")

    def add_wiring(self, node: ast.Call) -> None:
        target, items = self.body.loops[-1] if self.body.loops else ("", "")
        scope = "" if self.body.qualname == MODULE_BODY else self.body.qualname
        text = self.source.slice(node)
        self.wirings.append(Wiring(text, node.lineno, scope, target, items, self.body.conditions > 0))

    def read_await(self, node: ast.Await, use: CallUse) -> None:
        self.read(node.value, use, True)

    def read_lambda(self, node: ast.Lambda, use: CallUse) -> None:
        self.body.lambdas += 1
        self.read(node.body, "return")
        self.body.lambdas -= 1

    def read_yield(self, node: ast.Yield | ast.YieldFrom, use: CallUse) -> None:
        self.body.has_yield = True
        if node.value:
            self.read(node.value, "yield")

    def read_test(self, node: ast.BoolOp | ast.UnaryOp | ast.Compare, use: CallUse) -> None:
        operands = [node.operand] if isinstance(node, ast.UnaryOp) else []
        operands += node.values if isinstance(node, ast.BoolOp) else []
        operands += [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        inner: CallUse = "test" if use == "test" or isinstance(node, ast.UnaryOp | ast.Compare) else use
        for operand in operands:
            self.read(operand, inner)

    def read_named(self, node: ast.NamedExpr, use: CallUse) -> None:
        self.bind(node.target, node.value, "value")
        self.read(node.value, use)

    def read_choice(self, node: ast.IfExp, use: CallUse) -> None:
        self.read(node.test, "test")
        self.read(node.body, use)
        self.read(node.orelse, use)

    def read_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, use: CallUse
    ) -> None:
        for generator in node.generators:
            self.read(generator.iter, "iterate", bool(generator.is_async))
            self.bind(generator.target, generator.iter, "item")
        self.body.loops.append(("", ""))
        for generator in node.generators:
            for condition in generator.ifs:
                self.read(condition, "test")
        if isinstance(node, ast.DictComp):
            self.read(node.key)
            self.read(node.value)
        else:
            self.read(node.elt)
        self.body.loops.pop()


# Keyed by exact type: an isinstance ladder would double the cost of the walk.
_EXPRESSIONS: dict[type[ast.expr], Callable[[BodyReader, Any, CallUse], None]] = {
    ast.Await: BodyReader.read_await,
    ast.Lambda: BodyReader.read_lambda,
    ast.Yield: BodyReader.read_yield,
    ast.YieldFrom: BodyReader.read_yield,
    ast.BoolOp: BodyReader.read_test,
    ast.UnaryOp: BodyReader.read_test,
    ast.Compare: BodyReader.read_test,
    ast.NamedExpr: BodyReader.read_named,
    ast.IfExp: BodyReader.read_choice,
    ast.ListComp: BodyReader.read_comprehension,
    ast.SetComp: BodyReader.read_comprehension,
    ast.GeneratorExp: BodyReader.read_comprehension,
    ast.DictComp: BodyReader.read_comprehension,
}
