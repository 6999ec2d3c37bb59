"""Index: the modules of a tree of Python files, and what their names stand for, across imports and re-exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from layerwise.project.extract import FunctionNode
from layerwise.project.facts import Class, Function
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.naming import ModuleNames
from layerwise.project.tree import Skipped

_MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the project, as evidence."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Index:
    """The modules of a tree by path, and what their names stand for. `root` is None for texts that lie nowhere."""

    def __init__(
        self, root: Path | None, modules: Mapping[str, Module], names: ModuleNames, skipped: tuple[Skipped, ...] = ()
    ) -> None:
        self.root = root
        self.modules = modules
        self.names = names
        self.skipped = skipped
        self._resolved: dict[tuple[str, str], Symbol] = {}

    @cached_property
    def lines(self) -> int:
        """The number of lines read."""
        return sum(module.outline.lines for module in self.modules.values())

    def module_of(self, symbol: Symbol) -> Module | None:
        """The module that a symbol of the project lies in."""
        path, joint, _ = symbol.partition(JOINT)
        return self.modules.get(path) if joint else None

    def function(self, symbol: Symbol) -> Function | None:
        """The function or method that a symbol names."""
        module = self.module_of(symbol)
        return module.functions.get(symbol.partition(JOINT)[2]) if module else None

    def klass(self, symbol: Symbol) -> Class | None:
        """The class that a symbol names."""
        module = self.module_of(symbol)
        return module.classes.get(symbol.partition(JOINT)[2]) if module else None

    def node(self, symbol: Symbol) -> FunctionNode | None:
        """The syntax tree of the function that a symbol names, at its true position."""
        module = self.module_of(symbol)
        return module.node(symbol.partition(JOINT)[2]) if module else None

    def place(self, symbol: Symbol) -> Place | None:
        """Where a symbol of the project is defined."""
        module = self.module_of(symbol)
        if module is None:
            return None
        qualname = symbol.partition(JOINT)[2]
        for definitions in (module.functions, module.classes, module.variables):
            if found := definitions.get(qualname):
                return Place(module.path, found.line)
        return Place(module.path, 1)

    def resolve(self, path: str, dotted: str) -> Symbol:
        """What a dotted name stands for where the module at `path` uses it, through imports, re-exports and aliases.

        A name that nothing binds is returned as it is: a builtin, or a name that a snippet left out.
        """
        key = (path, dotted)
        if key not in self._resolved:
            self._resolved[key] = dotted
            self._resolved[key] = self._resolve(path, dotted, _MOST_HOPS)
        return self._resolved[key]

    def _resolve(self, path: str, dotted: str, hops: int) -> Symbol:
        module = self.modules[path]
        parts = dotted.split(".")
        for count in range(len(parts) if "." in dotted else 1, 1, -1):
            if (prefix := ".".join(parts[:count])) in module.imports:
                return self._descend(self._imported(path, prefix, hops), parts[count:], hops)
        found = self._lookup(path, parts[0], hops)
        return self._descend(found, parts[1:], hops) if found else dotted

    def _lookup(self, path: str, name: str, hops: int) -> Symbol:
        """What a bare name of a module stands for; empty when nothing there binds it."""
        module = self.modules[path]
        if hops <= 0:
            return ""
        if name in module.classes or name in module.functions:
            return module.symbol(name)
        if variable := module.variables.get(name):
            alias = variable.value
            if alias and alias != name and all(part.isidentifier() for part in alias.split(".")):
                target = self._resolve(path, alias, hops - 1)
                return target if JOINT in target or "." in target else module.symbol(name)
            return module.symbol(name)
        if name in module.imports:
            return self._imported(path, name, hops)
        for star in module.outline.star_imports:
            source = self.find_module(star, path)
            if source and source != path and (found := self._lookup(source, name, hops - 1)):
                return found
        return ""

    def _imported(self, path: str, name: str, hops: int) -> Symbol:
        target = self.modules[path].imports[name].target
        if found := self.find_module(target, path):
            return f"{found}{JOINT}"
        owner, _, attribute = target.rpartition(".")
        if not owner.strip(".") and target.startswith("."):
            owner += "."
        source = self.find_module(owner, path) if owner else None
        if source is None:
            return target
        if source == path:
            return ""
        return self._lookup(source, attribute, hops - 1) or f"{source}{JOINT}{attribute}"

    def find_module(self, target: str, importer: str) -> str | None:
        if target.startswith("."):
            return self.names.find_relative(target, importer)
        return self.names.find(target, importer)

    def _descend(self, symbol: Symbol, parts: list[str], hops: int) -> Symbol:
        """Follow attributes from a module or class of the project, or from a name outside it."""
        for part in parts:
            if JOINT not in symbol:
                symbol = f"{symbol}.{part}"
                continue
            path, _, qualname = symbol.partition(JOINT)
            if qualname:
                symbol = f"{symbol}.{part}"
            else:
                below = self._submodule(path, part)
                symbol = self._lookup(path, part, hops - 1) or (f"{below}{JOINT}" if below else f"{symbol}{part}")
        return symbol

    def _submodule(self, path: str, name: str) -> str | None:
        folder, _, file = path.rpartition("/")
        start = f"{folder}/{name}" if folder else name
        candidates = (f"{start}.py", f"{start}/__init__.py") if file == "__init__.py" else ()
        return next((candidate for candidate in candidates if candidate in self.modules), None)
