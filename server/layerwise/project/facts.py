"""What one Python file states, as plain data that survives JSON.

Facts are syntactic: names are as written and expressions are source text; meaning is found by the index, which sees all
files. Lines count from 1, columns from 0 in Unicode characters. An outline is what a module offers; its bodies, one
for each function, are decoded only by who follows calls.

A *chain* abbreviates an expression to what type resolution needs: names joined by dots, `()` for a call, `!` for an
await, `[]` for a subscript and `?` for anything else: `(await s.execute(q)).scalars().all` is
`s.execute()!.scalars().all`.
"""

from dataclasses import dataclass
from typing import Literal

ParameterKind = Literal["positional", "args", "keyword", "kwargs"]
BindingKind = Literal["value", "annotation", "enter", "item", "other"]
CallUse = Literal[
    "statement", "assign", "unpack", "return", "test", "iterate", "attribute", "argument", "with", "yield", "other"
]

MODULE_BODY = "<module>"


@dataclass(frozen=True, slots=True)
class Import:
    """A local `name` for `target`, a dotted name that starts with dots when the import is relative."""

    name: str
    target: str
    line: int
    typing_only: bool
    deferred: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `annotation` and `default` are source text, empty when absent."""

    name: str
    annotation: str
    default: str
    kind: ParameterKind
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method; `start_line` is that of its first decorator, `line` that of its `def`."""

    qualname: str
    line: int
    end_line: int
    start_line: int
    is_async: bool
    is_generator: bool
    decorators: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """The qualified name of the class or function that it stands in, or an empty string."""
        return self.qualname.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A name bound in a module or class body; `annotation` and `value` are source text, empty when absent or huge."""

    name: str
    annotation: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Class:
    """A class; `bases` and `keywords` are source text, `fields` its attributes in order."""

    qualname: str
    line: int
    end_line: int
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    decorators: tuple[str, ...]
    fields: tuple[Assignment, ...]

    @property
    def name(self) -> str:
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Wiring:
    """A call that puts an application together, as source text: routers, middleware, engines, session factories.

    `scope` is the function that it stands in (empty in the module body), `loop_target` and `loop_items` the innermost
    loop around it, and `conditional` tells whether an `if` guards it.
    """

    text: str
    line: int
    scope: str
    loop_target: str
    loop_items: str
    conditional: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """What one module imports, defines and wires; `problem` says why parts of it could not be read, if so."""

    problem: str
    lines: int
    imports: tuple[Import, ...]
    star_imports: tuple[str, ...]
    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    assignments: tuple[Assignment, ...]
    wirings: tuple[Wiring, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call inside a function: the chain of what is called, where, and what becomes of its result."""

    chain: str
    line: int
    column: int
    end_line: int
    end_column: int
    awaited: bool
    use: CallUse
    in_loop: bool
    deferred: bool

    @property
    def name(self) -> str:
        return self.chain.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Binding:
    """A local name or `self.attribute` bound to a chain, or to the text of its annotation."""

    name: str
    kind: BindingKind
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    """What one function does; the module's own statements have the qualname `<module>`."""

    qualname: str
    calls: tuple[Call, ...]
    bindings: tuple[Binding, ...]
    raises: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole of what one file states."""

    outline: Outline
    bodies: tuple[Body, ...]
