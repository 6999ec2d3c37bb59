"""Names of Python code, resolved to the packages that they come from."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from layerwise.detect.chunks import Chunk
from layerwise.detect.paths import meets

_TEST_PACKAGES = ("pytest", "unittest", "hypothesis")


class Names:
    """What the names of some chunks mean: imports, instances and classes made there, else the skill's assumptions."""

    def __init__(self, chunks: list[Chunk], triggers: dict[str, Any]) -> None:
        self._assumed = triggers["assume"]
        self._wildcards = [(pattern, value) for pattern, value in self._assumed.items() if "*" in pattern]
        self._endings = tuple(pattern.rpartition("*")[2] for pattern, _ in self._wildcards)
        self._guesses: dict[str, str] = {}
        self._unrelated = frozenset(triggers["unrelated_packages"])
        self._shapes = frozenset(triggers["shape_packages"])
        self._known: dict[str, str] = {}
        self._packages: set[str] = set()
        for chunk in chunks:
            for node in _module_statements(chunk.tree.body):
                self._learn(node)
        others = self._packages & set(triggers["other_packages"])
        own = self._packages & set(triggers["dependencies"])
        self.is_foreign = bool(others and not own) or not self._packages.isdisjoint(_TEST_PACKAGES)

    def resolve(self, node: ast.expr) -> str:
        """The dotted name that an expression refers to; empty when it is no name."""
        if isinstance(node, ast.Name):
            return self._look_up(node.id)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            if not base or base == "self" or base.startswith("self."):
                return self._assume(node.attr) or (f"{base}.{node.attr}" if base else "")
            return f"{base}.{node.attr}"
        if isinstance(node, ast.Subscript):
            outer = self.resolve(node.value)
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
            return self.resolve(inner) if outer.rpartition(".")[2] in ("Annotated", "Optional") else outer
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            return self._look_up(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.resolve(node.left)
        return ""

    def aliases(self) -> frozenset[str]:
        """The local names that stand for something of a package that shapes are about."""
        return frozenset(name for name, known in self._known.items() if known.partition(".")[0] in self._shapes)

    def is_unrelated(self, name: str) -> bool:
        """Whether a resolved name comes from a package whose names only look like ours."""
        return name.partition(".")[0] in self._unrelated

    def resolve_bases(self, node: ast.ClassDef) -> list[str]:
        """The bases of a class; one that says nothing is read as the class's own name suggests (UserCreate)."""
        bases = [self.resolve(base) for base in node.bases]
        if bases and not any("." in base and base.partition(".")[0] in self._shapes for base in bases):
            bases.append(self._assume(node.name))
        return bases

    @contextmanager
    def scope(self, arguments: ast.arguments) -> Iterator[None]:
        """Within, annotated arguments stand for instances of their types."""
        outer = self._known
        self._known = dict(outer)
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.annotation and (name := self.resolve(argument.annotation)):
                self._known[argument.arg] = name
        try:
            yield
        finally:
            self._known = outer

    def _look_up(self, name: str) -> str:
        if name not in self._known:
            return self._assume(name) or name
        known = self._known[name]
        package = known.partition(".")[0]
        if package in self._shapes or package in self._unrelated or "." not in known:
            return known
        return self._assume(known.rpartition(".")[2]) or known

    def _assume(self, name: str) -> str:
        if name not in self._guesses:
            self._guesses[name] = self._assumed.get(name) or self._guess(name)
        return self._guesses[name]

    def _guess(self, name: str) -> str:
        if not name.endswith(self._endings):
            return ""
        wild = (text for pattern, text in self._wildcards if len(name) >= len(pattern) and meets(name, pattern))
        return next(wild, "")

    def _learn(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._packages.add(alias.name.partition(".")[0])
                name = alias.asname or alias.name.partition(".")[0]
                self._known[name] = alias.name if alias.asname else name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if not node.level:
                self._packages.add(module.partition(".")[0])
            for alias in node.names:
                self._known[alias.asname or alias.name] = f"{'.' * node.level}{module}.{alias.name}"
        elif isinstance(node, ast.ClassDef):
            bases = self.resolve_bases(node)
            known = [base for base in bases if base.partition(".")[0] in self._shapes]
            self._known[node.name] = (known or bases or [node.name])[0] or node.name
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name = self.resolve(node.value.func)
            for target in node.targets:
                if isinstance(target, ast.Name) and "." in name:
                    self._known[target.id] = name


def _module_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements outside functions and classes, and those under `if` and `try`."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _module_statements(statement.body)
            yield from _module_statements(statement.orelse)
