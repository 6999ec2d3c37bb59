"""Shapes in Python code: bases, decorators, calls and annotations by the name that they resolve to."""

import ast
import re
from typing import Any, NamedTuple

from layerwise.detect.chunks import Chunk
from layerwise.detect.names import Names
from layerwise.detect.paths import meets

_WORD = re.compile(r"\w+")
_KINDS = ("bases", "decorators", "calls", "annotations", "attributes")


class Shape(NamedTuple):
    """A trigger's shape on a line, counted from 0."""

    trigger: str
    line: int


def find_shapes(chunks: list[Chunk], added: set[int] | None, triggers: dict[str, Any]) -> list[Shape]:
    """The shapes on `added` lines (None: on all), in order; nothing in code of another stack and in tests."""
    names = Names(chunks, triggers)
    if names.is_foreign:
        return []
    found: set[Shape] = set()
    for chunk in chunks:
        walker = _Walker(names, chunk.line - 1, added, triggers)
        walker.visit_body(chunk.tree.body, frozenset(), in_async=False)
        found |= walker.found
    return sorted(found, key=lambda shape: (shape.line, shape.trigger))


class _Walker:
    def __init__(self, names: Names, offset: int, added: set[int] | None, triggers: dict[str, Any]) -> None:
        self.found: set[Shape] = set()
        self._names = names
        self._offset = offset
        self._added = added
        self._rows = triggers["triggers"]

    def visit_body(self, body: list[ast.stmt], skipped: frozenset[str], *, in_async: bool) -> None:
        for statement in body:
            if self._touches(statement):
                self._visit(statement, skipped, in_async)

    def _visit(self, node: ast.AST, skipped: frozenset[str], in_async: bool) -> None:
        if isinstance(node, ast.ClassDef):
            self._visit_class(node, skipped)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._visit_function(node, skipped)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            return
        else:
            if isinstance(node, ast.Call):
                self._visit_call(node, skipped, in_async)
            elif isinstance(node, ast.AnnAssign):
                self._match("annotations", self._names.resolve(node.annotation), (node.lineno, node.lineno), skipped)
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.stmt) or self._touches(child):
                    self._visit(child, skipped, in_async)

    def _visit_class(self, node: ast.ClassDef, skipped: frozenset[str]) -> None:
        if node.name.startswith("Test"):
            return
        bases = [self._names.resolve(base) for base in node.bases]
        assigned = {
            target.id
            for statement in node.body
            for target in (statement.targets if isinstance(statement, ast.Assign) else [])
            if isinstance(target, ast.Name)
        }
        barred = {row["name"] for row in self._rows if _any_meets(bases, row["excluded_bases"])}
        barred |= {row["name"] for row in self._rows if assigned & set(row["excluded_attributes"])}
        skipped |= barred
        for row in self._rows:
            if row["name"] not in skipped and (_any_meets(bases, row["bases"]) or assigned & set(row["attributes"])):
                self._note_class(row["name"], node)
        for decorator in node.decorator_list:
            self._visit(decorator, skipped, False)
        self.visit_body(node.body, skipped, in_async=False)

    def _note_class(self, name: str, node: ast.ClassDef) -> None:
        """The class line, or else the first of its fields that is on an added line."""
        if self._note(name, node.lineno, node.lineno):
            return
        others = [row["annotations"] for row in self._rows if row["name"] != name]
        for statement in node.body:
            if isinstance(statement, ast.AnnAssign):
                kind = [self._names.resolve(statement.annotation)]
                if any(_any_meets(kind, patterns) for patterns in others):
                    continue
                if self._note(name, statement.lineno, statement.lineno):
                    return

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, skipped: frozenset[str]) -> None:
        if node.name.startswith("test_"):
            return
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            self._match("decorators", self._names.resolve(target), (decorator.lineno, _end_of_head(node)), skipped)
            self._visit(decorator, skipped, False)
        with self._names.scope(node.args):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self._visit(default, skipped, False)
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if argument.annotation:
                    span = (argument.lineno, argument.lineno)
                    self._match("annotations", self._names.resolve(argument.annotation), span, skipped)
                    self._visit(argument.annotation, skipped, False)
            self.visit_body(node.body, skipped, in_async=isinstance(node, ast.AsyncFunctionDef))

    def _visit_call(self, node: ast.Call, skipped: frozenset[str], in_async: bool) -> None:
        name = self._names.resolve(node.func)
        first = node.func.end_lineno or node.lineno
        span = (first, max(first, node.end_lineno or first))
        self._match("calls", name, span, skipped)
        if in_async:
            self._match("calls_in_async", name, span, skipped)

    def _match(self, kind: str, name: str, span: tuple[int, int], skipped: frozenset[str]) -> None:
        if not name or self._names.is_unrelated(name):
            return
        for row in self._rows:
            if row["name"] not in skipped and any(meets(name, pattern) for pattern in row[kind]):
                self._note(row["name"], *span)

    def _note(self, trigger: str, first: int, last: int) -> bool:
        """Note the first added line from `first` to `last`; False when none of them was added."""
        lines = range(first + self._offset, last + self._offset + 1)
        line = lines[0] if self._added is None else next((line for line in lines if line in self._added), -1)
        if line < 0:
            return False
        self.found.add(Shape(trigger, line))
        return True

    def _touches(self, node: ast.stmt) -> bool:
        """Whether an added line is in the statement, its decorators with it."""
        if self._added is None:
            return True
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or first
        return not self._added.isdisjoint(range(first + self._offset, last + self._offset + 1))


def _end_of_head(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    parts = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *node.args.defaults, node.returns]
    return max([node.lineno, *(part.end_lineno or 0 for part in parts if part)])


def _any_meets(names: list[str], patterns: list[str]) -> bool:
    return any(meets(name, pattern) for name in names for pattern in patterns)
