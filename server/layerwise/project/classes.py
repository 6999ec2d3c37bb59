"""Classes of a project with what they inherit, inside the project and from outside it."""

from collections.abc import Iterator

from layerwise.project.expressions import callee_name, dotted_name, parse_expression
from layerwise.project.facts import Assignment, Class, Function
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Index


class Classes:
    """The class hierarchy of a project."""

    def __init__(self, project: Index) -> None:
        self._project = project
        self._ancestors: dict[Symbol, tuple[Symbol, ...]] = {}

    def all(self) -> Iterator[tuple[Symbol, Class]]:
        """Every class of the project with its symbol."""
        for module in self._project.modules.values():
            for klass in module.outline.classes:
                yield module.symbol(klass.qualname), klass

    def bases(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """The direct bases of a class: symbols of the project, names outside it."""
        klass = self._project.klass(symbol)
        if klass is None:
            return ()
        path = symbol.partition(JOINT)[0]
        found = []
        for text in klass.bases:
            node = parse_expression(text)
            name = dotted_name(node)
            if name:
                found.append(self._base(path, name))
            elif called := callee_name(node):
                found.append(f"{self._project.resolve(path, called)}()")
        return tuple(found)

    def _base(self, path: str, name: str) -> Symbol:
        """What a base stands for; `Base = declarative_base()` stands for `sqlalchemy.orm.declarative_base()`."""
        symbol = self._project.resolve(path, name)
        module = self._project.module_of(symbol)
        variable = module.variables.get(symbol.partition(JOINT)[2]) if module else None
        if module is None or variable is None:
            return symbol
        node = parse_expression(variable.value)
        called = callee_name(node)
        return f"{self._project.resolve(module.path, called)}()" if called else symbol

    def ancestors(self, symbol: Symbol) -> tuple[Symbol, ...]:
        """All that a class inherits from, the nearest first, without itself."""
        if symbol not in self._ancestors:
            self._ancestors[symbol] = ()
            found: dict[Symbol, None] = {}
            for base in self.bases(symbol):
                found[base] = None
                found |= dict.fromkeys(self.ancestors(base))
            found.pop(symbol, None)
            self._ancestors[symbol] = tuple(found)
        return self._ancestors[symbol]

    def inherits(self, symbol: Symbol, *names: str) -> bool:
        """Whether a class has an ancestor outside the project whose last name is one of `names`."""
        return any(
            JOINT not in ancestor and ancestor.removesuffix("()").rpartition(".")[2] in names
            for ancestor in self.ancestors(symbol)
        )

    def method(self, symbol: Symbol, name: str) -> Symbol | None:
        """The method that `name` finds on a class, its own or an inherited one."""
        for owner in (symbol, *self.ancestors(symbol)):
            found = f"{owner}.{name}"
            if self._project.function(found):
                return found
        return None

    def fields(self, symbol: Symbol) -> Iterator[tuple[str, Assignment]]:
        """The class attributes that a class has, with the path that each stands in: inherited ones first."""
        merged: dict[str, tuple[str, Assignment]] = {}
        for owner in (*reversed(self.ancestors(symbol)), symbol):
            if klass := self._project.klass(owner):
                path = owner.partition(JOINT)[0]
                for field in klass.fields:
                    merged.pop(field.name, None)
                    merged[field.name] = (path, field)
        yield from merged.values()

    def methods(self, symbol: Symbol) -> Iterator[tuple[str, Function]]:
        """The methods that a class has, with the path that each stands in, inherited ones after its own."""
        seen: set[str] = set()
        for owner in (symbol, *self.ancestors(symbol)):
            if module := self._project.module_of(owner):
                for function in module.methods(owner.partition(JOINT)[2]):
                    if function.name not in seen:
                        seen.add(function.name)
                        yield module.path, function
