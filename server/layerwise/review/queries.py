"""Queries: the SQLAlchemy statements of a module, through the variables that hold them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.review.names import Names
from layerwise.review.tree import Function, Tree, dotted

ROOTS = {f"sqlalchemy.{name}": name for name in ("select", "update", "delete", "insert")}
# Methods that return a new statement and leave the old one as it was.
STEPS = frozenset({
    "where", "filter", "filter_by", "order_by", "limit", "offset", "options", "join", "outerjoin", "group_by", "having",
    "distinct", "values", "returning", "with_for_update", "select_from", "execution_options", "add_columns",
    "on_conflict_do_nothing", "on_conflict_do_update", "scalar_subquery", "subquery", "union", "union_all",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: what starts it (`select`, …), that call, and the calls chained to it, innermost first."""

    kind: str
    root: ast.Call
    steps: tuple[ast.Call, ...]

    @property
    def methods(self) -> frozenset[str]:
        """The names of the chained calls."""
        return frozenset(step.func.attr for step in self.steps if isinstance(step.func, ast.Attribute))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The chained calls with one of these names."""
        for step in self.steps:
            if isinstance(step.func, ast.Attribute) and step.func.attr in names:
                yield step

    @property
    def entities(self) -> tuple[str, ...]:
        """The bare names that the root call is given: `User` of `select(User)`."""
        return tuple(argument.id for argument in self.root.args if isinstance(argument, ast.Name))


class Queries:
    """Statements, read from expressions and from the variables of a function."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names

    def read(self, expression: ast.expr) -> Statement | None:
        """The statement that the expression builds; through a variable of the same function when it is a name."""
        if isinstance(expression, ast.Name):
            return self._read_variable(expression)
        steps: list[ast.Call] = []
        node = expression
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if (kind := self._root_kind(node)) is not None:
                return Statement(kind, node, tuple(reversed(steps)))
            steps.append(node)
            node = node.func.value
        if isinstance(node, ast.Call) and (kind := self._root_kind(node)):
            return Statement(kind, node, tuple(reversed(steps)))
        if isinstance(node, ast.Name) and steps and (base := self._read_variable(node)):
            return Statement(base.kind, base.root, (*base.steps, *reversed(steps)))
        return None

    def _root_kind(self, call: ast.Call) -> str | None:
        """What a call starts: by its full name, or `self.select()` of a repository that knows its model."""
        if not call.args and dotted(call.func) in ("self.select", "cls.select"):
            return "select"
        return ROOTS.get(self._names.callee(call))

    def whole(self, call: ast.Call) -> ast.Call:
        """The whole chain that a call is part of: `select(User).where(...).limit(1)` for its `where` call."""
        node: ast.AST = call
        parent = self._tree.parent(node)
        while isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node):
            node, parent = parent, self._tree.parent(parent)
        return node if isinstance(node, ast.Call) else call

    def _read_variable(self, name: ast.Name) -> Statement | None:
        """The statement in a variable, with the steps of every assignment to it: what any branch may have added."""
        function = self._tree.runner(name)
        if function is None:
            return None
        base: Statement | None = None
        steps: list[ast.Call] = []
        for value in self._assigned(function, name):
            chained: list[ast.Call] = []
            node = value
            while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if self._root_kind(node):
                    break
                chained.append(node)
                node = node.func.value
            if isinstance(node, ast.Call) and (kind := self._root_kind(node)):
                base = base or Statement(kind, node, ())
            steps.extend(reversed(chained))
        return Statement(base.kind, base.root, tuple(steps)) if base else None

    def _assigned(self, function: Function, name: ast.Name) -> Iterator[ast.expr]:
        for node in self._tree.body(function):
            if isinstance(node, ast.Assign):
                targets = [dotted(target) for target in node.targets]
            elif isinstance(node, ast.AnnAssign) and node.value:
                targets = [dotted(node.target)]
            else:
                continue
            if name.id in targets and node.value:
                yield node.value
