"""Tree: one walk over a parsed module, kept so that every rule can ask for nodes and their surroundings."""

import ast
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TypeVar, cast

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
Node = TypeVar("Node", bound=ast.AST)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = frozenset({*_FUNCTIONS, ast.Lambda, ast.ClassDef})
# Fields that hold no nodes, or nodes that the parser shares between places.
_LEAVES = frozenset({
    "ctx", "op", "ops", "id", "attr", "arg", "asname", "module", "level", "kind", "type_comment", "type_ignores",
    "kwd_attrs", "rest", "simple", "is_async", "conversion",
})  # fmt: skip
_CHILDLESS = (ast.Constant, ast.Global, ast.Nonlocal)
_CHILD_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def callee_name(call: ast.Call) -> str:
    """The last name of what is called: `execute` for `self.session.execute(...)`; empty for other expressions."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def dotted(node: ast.AST) -> str:
    """The names and dots of an expression such as `self.session`; empty when it is anything else."""
    if isinstance(node, ast.Name):
        return node.id
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """The named parameters of a function, in order, without `*args` and `**kwargs`."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def with_defaults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[tuple[ast.arg, ast.expr | None]]:
    """The named parameters of a function, in order, each with its default where it has one."""
    arguments = function.args
    missing = [None] * (len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults))
    defaults = [*missing, *arguments.defaults, *arguments.kw_defaults]
    return list(zip(parameters(function), defaults, strict=True))


def first_name(node: ast.expr) -> str:
    """The name at which a chain of calls and attributes begins: `query` for `query.where(...).limit(1)`; else empty."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value that `call` gives the keyword `name`."""
    return next((word.value for word in call.keywords if word.arg == name), None)


def is_true(node: ast.expr | None) -> bool:
    """Whether `node` is the constant True."""
    return isinstance(node, ast.Constant) and node.value is True


def _child_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    fields = _CHILD_FIELDS.get(kind)
    if fields is None:
        names = kind._fields if kind not in _CHILDLESS else ()
        fields = _CHILD_FIELDS[kind] = tuple(name for name in reversed(names) if name not in _LEAVES)
    return fields


class Tree:
    """The nodes of a module in the order in which they are written, by type, and calls by callee's last name."""

    def __init__(self, root: ast.Module) -> None:
        self.root = root
        self.nodes: list[ast.AST] = []
        self._up: list[int] = []
        self._index: dict[ast.AST, int] = {}
        self._by_type: dict[type[ast.AST], list[ast.AST]] = {}
        self._calls: dict[str, list[ast.Call]] = {}
        self._bodies: dict[Function, list[ast.AST]] = {}
        self._body_kinds: dict[Function, dict[type[ast.AST], list[ast.AST]]] = {}
        self._walk()

    def _walk(self) -> None:
        nodes, up, index, by_type, fields = self.nodes, self._up, self._index, self._by_type, _CHILD_FIELDS
        pending: list[tuple[ast.AST, int]] = [(self.root, -1)]
        while pending:
            node, parent = pending.pop()
            here = index[node] = len(nodes)
            nodes.append(node)
            up.append(parent)
            kind = node.__class__
            if kind in by_type:
                by_type[kind].append(node)
            else:
                by_type[kind] = [node]
            for name in fields[kind] if kind in fields else _child_fields(kind):
                value = getattr(node, name, None)
                if value.__class__ is list:
                    pending += [(child, here) for child in value[::-1] if child is not None]
                elif isinstance(value, ast.AST):
                    pending.append((value, here))
        for call in self.of(ast.Call):
            self._calls.setdefault(callee_name(call), []).append(call)

    @cached_property
    def _ends(self) -> list[int]:
        ends, up = list(range(1, len(self.nodes) + 1)), self._up
        for here in range(len(ends) - 1, 0, -1):
            if ends[here] > ends[up[here]]:
                ends[up[here]] = ends[here]
        return ends

    def of(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of this exact type, in written order."""
        return cast("Sequence[Node]", self._by_type.get(kind, ()))

    @property
    def kinds(self) -> Collection[type[ast.AST]]:
        """The types of the nodes."""
        return self._by_type.keys()

    @property
    def callees(self) -> Collection[str]:
        """The last names of all that is called."""
        return self._calls.keys()

    @cached_property
    def functions(self) -> list[Function]:
        """Every `def` and `async def`, in written order."""
        found: list[Function] = [*self.of(ast.FunctionDef), *self.of(ast.AsyncFunctionDef)]
        return sorted(found, key=self._index.__getitem__)

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """All calls whose callee ends in one of `names`; every call when none is given."""
        if not names:
            yield from self.of(ast.Call)
        for name in names:
            yield from self._calls.get(name, ())

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds `node`; None for the module."""
        up = self._up[self._index[node]]
        return self.nodes[up] if up >= 0 else None

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around `node`, the innermost first."""
        up = self._up[self._index[node]]
        while up >= 0:
            yield self.nodes[up]
            up = self._up[up]

    def within(self, node: ast.AST) -> list[ast.AST]:
        """`node` and everything below it, in written order."""
        here = self._index[node]
        return self.nodes[here : self._ends[here]]

    def body(self, function: Function) -> Sequence[ast.AST]:
        """What runs when `function` runs: its statements and all below them, without nested functions and classes."""
        found = self._bodies.get(function)
        if found is None:
            found = self._bodies[function] = list(self._read_body(function))
        return found

    def _read_body(self, function: Function) -> Iterator[ast.AST]:
        nodes, ends = self.nodes, self._ends
        here, end = self._index[function.body[0]], ends[self._index[function.body[-1]]]
        while here < end:
            node = nodes[here]
            if node.__class__ in _SCOPES:
                here = ends[here]
            else:
                yield node
                here += 1

    def body_of(self, function: Function, kind: type[Node]) -> Sequence[Node]:
        """The nodes of exactly this type among those of the body, in written order."""
        kinds = self._body_kinds.get(function)
        if kinds is None:
            kinds = self._body_kinds[function] = {}
            for node in self.body(function):
                kinds.setdefault(node.__class__, []).append(node)
        return cast("Sequence[Node]", kinds.get(kind, ()))

    def assigned(self, function: Function, name: str) -> list[ast.expr]:
        """What the function's own assignments give `name`, such as `rows` or `self.rows`, in written order."""
        return [node.value for node in self.body_of(function, ast.Assign) if dotted(node.targets[0]) == name]

    def function(self, node: ast.AST) -> Function | ast.Lambda | None:
        """The innermost function or lambda whose body or signature holds `node`."""
        for around in self.ancestors(node):
            if isinstance(around, (*_FUNCTIONS, ast.Lambda)):
                return around
        return None

    def runner(self, node: ast.AST) -> Function | None:
        """The function that runs `node`: the innermost whose body holds it; None in a lambda or outside functions."""
        child = node
        for around in self.ancestors(node):
            if isinstance(around, ast.Lambda):
                return None
            if isinstance(around, _FUNCTIONS) and self._stands_in(around.body, child):
                return around
            if isinstance(around, ast.ClassDef) and self._stands_in(around.body, child):
                return None
            child = around
        return None

    def _stands_in(self, body: Sequence[ast.stmt], child: ast.AST) -> bool:
        """Whether a child of a block's owner is a statement of the block; the bodies of functions can be long."""
        return self._index[body[0]] <= self._index[child] <= self._index[body[-1]] if body else False

    def in_async(self, node: ast.AST) -> bool:
        """Whether `node` runs on the event loop: directly in the body of an `async def`."""
        return isinstance(self.runner(node), ast.AsyncFunctionDef)

    def is_script(self, node: ast.AST) -> bool:
        """Whether `node` runs only when the module is run as a program: below `if __name__ == "__main__":`."""
        return any(
            isinstance(around, ast.If)
            and isinstance(around.test, ast.Compare)
            and dotted(around.test.left) == "__name__"
            for around in self.ancestors(node)
        )

    def klass(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class that holds `node`."""
        return next((around for around in self.ancestors(node) if isinstance(around, ast.ClassDef)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that `node` is or is part of."""
        if isinstance(node, ast.stmt):
            return node
        return next(around for around in self.ancestors(node) if isinstance(around, ast.stmt))

    def loop(self, node: ast.AST) -> Loop | ast.comprehension | None:
        """The innermost loop of the same function that runs `node` again and again."""
        child = node
        for around in self.ancestors(node):
            if isinstance(around, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
                return None
            if isinstance(around, ast.For | ast.AsyncFor) and self._stands_in(around.body, child):
                return around
            if isinstance(around, ast.While):
                return around
            if isinstance(around, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
                first = around.generators[0]
                if child is not first or node not in self.within(first.iter):
                    return first
            child = around
        return None

    def qualified_name(self, node: ast.AST) -> str:
        """The names of the classes and functions around `node`, joined by dots: `UserService.create`."""
        around = [*reversed(list(self.ancestors(node))), node]
        return ".".join(each.name for each in around if isinstance(each, (*_FUNCTIONS, ast.ClassDef)))
