"""Shapes in Python code: bases, decorators, calls and annotations by the name that they resolve to."""

import ast
from collections.abc import Iterable
from typing import Any, NamedTuple

from layerwise.detect.chunks import Chunk
from layerwise.detect.hints import Hints
from layerwise.detect.names import Names
from layerwise.detect.paths import meets

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NONE: frozenset[str] = frozenset()
_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)


class Shape(NamedTuple):
    """A trigger's shape on a line, counted from 0."""

    trigger: str
    line: int


def find_shapes(chunks: list[Chunk], hints: Hints, triggers: dict[str, Any]) -> list[Shape]:
    """The shapes on the added lines, in order; nothing in code of another stack and in tests."""
    names = Names(chunks, triggers)
    if names.is_foreign:
        return []
    patterns = _Patterns(triggers)
    telling = hints.find_telling(names.aliases())
    found: set[Shape] = set()
    for chunk in chunks:
        walker = _Walker(names, patterns, chunk.line - 1, hints.snippet.added, telling)
        for statement in chunk.tree.body:
            try:
                walker.visit_body([statement], _NONE)
            except RecursionError:  # an expression nested thousands deep is no code that anyone typed
                continue
        found |= walker.found
    return sorted(found, key=lambda shape: (shape.line, shape.trigger))


class _Patterns:
    """Which triggers have a shape of some kind for a name; remembered, since code repeats its names."""

    def __init__(self, triggers: dict[str, Any]) -> None:
        self._index = triggers["shapes"]
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def find(self, kind: str, name: str) -> frozenset[str]:
        if (kind, name) not in self._known:
            exact, wild = self._index[kind]
            found = {trigger for pattern, trigger in wild if meets(name, pattern)}
            self._known[kind, name] = frozenset(found.union(exact.get(name, ())))
        return self._known[kind, name]

    def find_any(self, kind: str, names: Iterable[str]) -> frozenset[str]:
        return _NONE.union(*(self.find(kind, name) for name in names))


class _Walker:
    """Visits the statements of one chunk that hold added and telling lines; `skipped` are barred by a class around."""

    def __init__(self, names: Names, patterns: _Patterns, offset: int, added: set[int], telling: set[int]) -> None:
        self.found: set[Shape] = set()
        self._names = names
        self._patterns = patterns
        self._offset = offset
        self._added = added
        self._telling = telling
        self._in_async = False

    def visit_body(self, body: list[ast.stmt], skipped: frozenset[str]) -> None:
        for statement in body:
            if self._touches(statement):
                self._visit(statement, skipped)

    def _visit(self, node: ast.AST, skipped: frozenset[str]) -> None:
        if isinstance(node, ast.ClassDef):
            self._visit_class(node, skipped)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._visit_function(node, skipped)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.Call):
                self._visit_call(node, skipped)
            elif isinstance(node, ast.AnnAssign):
                self._match("annotations", self._names.resolve(node.annotation), (node.lineno, node.lineno), skipped)
            elif isinstance(node, ast.ExceptHandler):
                for error in node.type.elts if isinstance(node.type, ast.Tuple) else filter(None, [node.type]):
                    self._match("exceptions", self._names.resolve(error), (error.lineno, error.lineno), skipped)
            for field in node._fields:
                value = getattr(node, field, None)
                for child in value if isinstance(value, list) else (value,):
                    if not isinstance(child, ast.AST) or isinstance(child, _LEAVES):
                        continue
                    if not isinstance(child, ast.stmt) or self._touches(child):
                        self._visit(child, skipped)

    def _visit_class(self, node: ast.ClassDef, skipped: frozenset[str]) -> None:
        if node.name.startswith("Test"):
            return
        bases = self._names.resolve_bases(node)
        assigned = [
            target.id
            for statement in node.body
            for target in (statement.targets if isinstance(statement, ast.Assign) else ())
            if isinstance(target, ast.Name)
        ]
        skipped |= self._patterns.find_any("excluded_bases", bases)
        skipped |= self._patterns.find_any("excluded_attributes", assigned)
        wanted = self._patterns.find_any("bases", bases) | self._patterns.find_any("attributes", assigned)
        for trigger in wanted - skipped:
            self._note_class(trigger, node)
        for decorator in node.decorator_list:
            self._visit(decorator, skipped)
        self.visit_body(node.body, skipped)

    def _note_class(self, trigger: str, node: ast.ClassDef) -> None:
        """The class line, or else the first of its fields that is on an added line and no other trigger's."""
        if self._note(trigger, node.lineno, node.lineno):
            return
        for field in node.body:
            if isinstance(field, ast.AnnAssign):
                others = self._patterns.find("annotations", self._names.resolve(field.annotation)) - {trigger}
                if not others and self._note(trigger, field.lineno, field.lineno):
                    return

    def _visit_function(self, node: Function, skipped: frozenset[str]) -> None:
        if node.name.startswith("test_"):
            return
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            self._match("decorators", self._names.resolve(target), (decorator.lineno, _end_of_head(node)), skipped)
            self._visit(decorator, skipped)
        outer = self._in_async
        self._in_async = isinstance(node, ast.AsyncFunctionDef)
        with self._names.scope(node.args):
            self._visit(node.args, skipped)
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if argument.annotation:
                    span = (argument.lineno, argument.lineno)
                    self._match("annotations", self._names.resolve(argument.annotation), span, skipped)
            self.visit_body(node.body, skipped)
        self._in_async = outer

    def _visit_call(self, node: ast.Call, skipped: frozenset[str]) -> None:
        name = self._names.resolve(node.func)
        first = node.func.end_lineno or node.lineno
        span = (first, max(first, node.end_lineno or first))
        self._match("calls", name, span, skipped)
        if self._in_async:
            self._match("calls_in_async", name, span, skipped)

    def _match(self, kind: str, name: str, span: tuple[int, int], skipped: frozenset[str]) -> None:
        if name and not self._names.is_unrelated(name):
            for trigger in self._patterns.find(kind, name) - skipped:
                self._note(trigger, *span)

    def _note(self, trigger: str, first: int, last: int) -> bool:
        """Note the first added line from `first` to `last`; False when none of them was added."""
        lines = range(first + self._offset, last + self._offset + 1)
        line = next((line for line in lines if line in self._added), -1)
        if line < 0:
            return False
        self.found.add(Shape(trigger, line))
        return True

    def _touches(self, node: ast.stmt) -> bool:
        """Whether added and telling lines are in the statement, its decorators with it."""
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        lines = range(first + self._offset, (node.end_lineno or first) + self._offset + 1)
        return not self._telling.isdisjoint(lines) and not self._added.isdisjoint(lines)


def _end_of_head(node: Function) -> int:
    parts = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *node.args.defaults, node.returns]
    return max([node.lineno, *(part.end_lineno or 0 for part in parts if part)])
