"""One module of a project: its outline by name, its bodies and its functions' syntax when someone asks."""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from layerwise.project.extract import FunctionNode
from layerwise.project.facts import Assignment, Body, Class, Function, Import, Outline
from layerwise.project.syntax import parse_source
from layerwise.project.text import split_lines

Symbol = str
"""What a name stands for: `app/models/user.py::User.email` inside the project (`app/models/user.py::` is the module
itself), a dotted name such as `sqlalchemy.select` outside it, empty when unknown."""

JOINT = "::"


class Module:
    """A module under its POSIX path, with the dotted `name` that it is imported by."""

    def __init__(
        self,
        path: str,
        name: str,
        outline: Outline,
        load_bodies: Callable[[], tuple[Body, ...]],
        load_text: Callable[[], str | None],
    ) -> None:
        self.path = path
        self.name = name
        self.outline = outline
        self._load_bodies = load_bodies
        self._load_text = load_text
        self._nodes: dict[str, FunctionNode | None] = {}

    def named(self, name: str) -> "Module":
        """The same module as it is imported by `name`."""
        return self if name == self.name else Module(self.path, name, self.outline, self._load_bodies, self._load_text)

    def symbol(self, qualname: str) -> Symbol:
        """The symbol of a name defined in this module."""
        return f"{self.path}{JOINT}{qualname}"

    @property
    def is_package(self) -> bool:
        return self.path.rpartition("/")[2] == "__init__.py"

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """Functions and methods by qualified name; the last definition wins, as it does when Python runs."""
        return {function.qualname: function for function in self.outline.functions}

    @cached_property
    def classes(self) -> Mapping[str, Class]:
        """Classes by qualified name."""
        return {klass.qualname: klass for klass in self.outline.classes}

    @cached_property
    def variables(self) -> Mapping[str, Assignment]:
        """Module-level assignments by name."""
        return {assignment.name: assignment for assignment in self.outline.assignments}

    @cached_property
    def imports(self) -> Mapping[str, Import]:
        """Imports by local name; those of the module itself before those inside functions."""
        ordered = sorted(self.outline.imports, key=lambda item: not item.deferred)
        return {item.name: item for item in ordered} | {item.name: item for item in ordered if not item.deferred}

    @cached_property
    def bodies(self) -> Mapping[str, Body]:
        """Bodies by the qualified name of their function."""
        return {body.qualname: body for body in self._load_bodies()}

    @cached_property
    def text(self) -> str | None:
        """The source, or None when it cannot be read any more."""
        return self._load_text()

    def methods(self, qualname: str) -> Iterator[Function]:
        """The methods that a class defines itself."""
        return (function for function in self.outline.functions if function.owner == qualname)

    def node(self, qualname: str) -> FunctionNode | None:
        """The syntax tree of one function, at its true lines and columns; None when the source has changed since."""
        if qualname not in self._nodes:
            function = self.functions.get(qualname)
            self._nodes[qualname] = None if function is None or self.text is None else _parse(self.text, function)
        return self._nodes[qualname]


def _parse(text: str, function: Function) -> FunctionNode | None:
    """Parse the lines of one function; blank lines before it and an `if` around it keep every position true."""
    chosen = "".join(split_lines(text)[function.start_line - 1 : function.end_line])
    indented = chosen[:1] in (" ", "\t")
    opening = "if 1:\n" if indented else "\n"
    padding = function.start_line - 2
    if padding < 0:
        opening = ""
    try:
        tree, _ = parse_source("\n" * padding + opening + chosen)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    statement = tree.body[0] if tree.body else None
    if isinstance(statement, ast.If):
        statement = statement.body[0]
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == function.name:
        return statement
    return None
