"""Rule: one check with its documentation, metadata and cases.

How to author a rule
====================

A rule is one module `review/rules/<family>/<name>.py`. Nothing else is edited: the registry finds it, one test file
runs its cases, and its documentation page comes from it. The module's name, with dashes, is the rule's name; it names
the bad pattern, so that "allow <name>" reads well.

The module docstring is the documentation. Its first line is the title. These sections follow, all but "Fix safety"
required ("Fix safety" exactly when the rule has a fix)::

    ## Why is this bad?
    ## Example              (a fenced python block)
    ## Use instead          (a fenced python block)
    ## Fix safety
    ## When to ignore

The first sentence under "Why is this bad?" travels with each finding.

A file rule yields `Problem`s from handlers. A handler is called once for every node of its kind, in one shared walk::

    RULE = Rule(
        __name__, __doc__, code="AIO001", severity="error", statements=("dont.mix-sync",), requires=("sqlalchemy",),
        cases=(Bad("…  # !", fixed="…"), Bad(…), Good(…), Good(…), Good(…), Miss("…", why="…")),
    )

    @RULE.on_call("sleep", "get")            # calls whose callee's last name is one of these
    def check(context: Context, call: ast.Call) -> Iterator[Problem]:
        if context.names.callee(call) == "time.sleep" and context.tree.in_async(call):
            yield Problem(call, "`time.sleep` blocks …", fix=Fix(edits, safe=True, reason="…"))

Other handlers: `on_function` (def and async def), `on_class`, `on_route` (path operations), `on(ast.Try)` and
`on_module`. `context` offers `tree` (parents, enclosing function, class, loop, async?), `names` (full names through
imports and aliases), `layer(node)` (endpoint, service, …), `routes`, `sessions` (which expressions are sessions, async
or sync), `queries` (statements), `classes` (schemas, models), `source` (text, offsets, edits) and `imports` (edits
that add or remove an import).

A project rule has `scope="project"` and one check over the project's facts; it is skipped, and reported so, when only a
snippet is at hand::

    @RULE.on_project
    def check(view: ProjectView) -> Iterator[Problem]:
        view.project                         # the index of layerwise.project
        source = view.source("app/api.py")   # the text, for spans and edits; None when it cannot be read
        yield Problem(Span(…), "…", path="app/api.py", trace=(Step("app/db.py", 12, "…"),), fix=…)

What a file rule found may be refuted by what the rest of the project shows, where a project is at hand::

    @RULE.refute
    def is_settled(view: ProjectView, finding: Finding) -> bool: ...

In a case a line that must be reported ends in `# !`; the marker is taken off before the review. A case is one text, or
a mapping of path to text for project rules; texts are dedented, so they may be indented with the rule. `fixed` is the
text after the fix; a mapping names the changed files only.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from layerwise.review.finding import Confidence, Finding, Fix, Severity, Span, Step
from layerwise.review.routes import Route
from layerwise.review.source import Source
from layerwise.review.tree import Function

if TYPE_CHECKING:
    from layerwise.review.context import Context

Scope = Literal["file", "project"]
Profile = Literal["default", "strict"]
Text = str | Mapping[str, str]

Node = TypeVar("Node", bound=ast.AST)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found: where, in the user's own names, and how to mend it.

    `path` is needed for project rules only. `confidence` overrides the rule's; low ones show in the strict profile.
    """

    where: ast.AST | Span
    message: str
    fix: Fix | None = None
    confidence: Confidence | None = None
    trace: tuple[Step, ...] = ()
    path: str | None = None


class ProjectView(Protocol):
    """What a project check is handed."""

    @property
    def project(self) -> Any:
        """The project index that the caller of the review passed."""

    def source(self, path: str) -> Source | None:
        """The text of the project's file `path` (POSIX, relative to the root); None when it cannot be read."""


def _clean(text: Text) -> Text:
    """The text of a case as it would stand in a file: dedented, without the line end after the opening quotes."""
    if isinstance(text, str):
        return dedent(text).removeprefix("\n")
    return {path: dedent(each).removeprefix("\n") for path, each in text.items()}


@dataclass(frozen=True)
class _Example:
    """A text that a rule is tried on."""

    text: Text

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _clean(self.text))


@dataclass(frozen=True)
class Bad(_Example):
    """A text that must be reported on exactly the lines marked `# !`; `fixed` is the text after the fix."""

    fixed: Text | None = None
    path: str = "snippet.py"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fixed is not None:
            object.__setattr__(self, "fixed", _clean(self.fixed))


@dataclass(frozen=True)
class Good(_Example):
    """A text that no rule reports."""

    path: str = "snippet.py"


@dataclass(frozen=True)
class FalseAlarm(_Example):
    """A text that is reported on the marked lines although it is fine, and why that is accepted."""

    why: str
    path: str = "snippet.py"


@dataclass(frozen=True)
class Miss(_Example):
    """A text that is not reported although it is bad, and why."""

    why: str
    path: str = "snippet.py"


Case = Bad | Good | FalseAlarm | Miss
NodeCheck = Callable[["Context", Node], Iterator[Problem]]
RouteCheck = Callable[["Context", Route], Iterator[Problem]]
ModuleCheck = Callable[["Context"], Iterator[Problem]]
ProjectCheck = Callable[[ProjectView], Iterator[Problem]]
Refutation = Callable[[ProjectView, Finding], bool]


@dataclass(eq=False, kw_only=True)
class Rule:
    """One check. `module` and `documentation` are the rule module's `__name__` and `__doc__`.

    `requires` names the packages that a file must use for the rule to run on it, `profile` the profile from which on it
    runs, `versions` the library versions that it holds for, `evidence` where it was seen to matter. What a file does
    throughout against a `habit` rule is one finding that names every place.
    """

    module: str = field(kw_only=False)
    documentation: str | None = field(kw_only=False)
    code: str
    severity: Severity
    statements: tuple[str, ...]
    cases: tuple[Case, ...]
    confidence: Confidence = "high"
    scope: Scope = "file"
    profile: Profile = "default"
    requires: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    habit: bool = False
    evidence: tuple[str, ...] = ()
    node_checks: list[tuple[type[ast.AST], NodeCheck[Any]]] = field(default_factory=list, init=False)
    call_checks: list[tuple[tuple[str, ...], NodeCheck[ast.Call]]] = field(default_factory=list, init=False)
    route_checks: list[RouteCheck] = field(default_factory=list, init=False)
    module_checks: list[ModuleCheck] = field(default_factory=list, init=False)
    project_checks: list[ProjectCheck] = field(default_factory=list, init=False)
    refutations: list[Refutation] = field(default_factory=list, init=False)

    @cached_property
    def name(self) -> str:
        """The kebab name, which reads after "allow": `blocking-call-in-async`."""
        return self.module.rpartition(".")[2].replace("_", "-")

    @cached_property
    def family(self) -> str:
        """The folder that holds the rule: `session`, `query`, …"""
        return self.module.rpartition(".")[0].rpartition(".")[2].rstrip("_")

    @cached_property
    def title(self) -> str:
        """The first line of the documentation."""
        return (self.documentation or "").strip().partition("\n")[0]

    @cached_property
    def sections(self) -> Mapping[str, str]:
        """The documentation by heading."""
        parts = _HEADING.split(self.documentation or "")
        return {heading.strip(): text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}

    @cached_property
    def why(self) -> str:
        """The first sentence of "Why is this bad?", on one line."""
        paragraph = " ".join(self.sections.get("Why is this bad?", "").partition("\n\n")[0].split())
        return re.split(r"(?<=[.!])\s(?=[A-Z`])", paragraph, maxsplit=1)[0]

    @cached_property
    def subjects(self) -> frozenset[object]:
        """What a file must hold some of for a file check to run: types of nodes, last names of callees, routes."""
        kinds: set[object] = {kind for kind, _ in self.node_checks}
        kinds |= {name for names, _ in self.call_checks for name in names}
        kinds |= {ast.Call} if not all(names for names, _ in self.call_checks) else set()
        kinds |= ({Route} if self.route_checks else set()) | ({ast.Module} if self.module_checks else set())
        return frozenset(kinds)

    @cached_property
    def fixable(self) -> bool:
        """Whether a case shows the result of a fix."""
        return any(isinstance(case, Bad) and case.fixed is not None for case in self.cases)

    def on(self, kind: type[Node]) -> Callable[[NodeCheck[Node]], NodeCheck[Node]]:
        """Run the check on every node of exactly this type."""

        def register(check: NodeCheck[Node]) -> NodeCheck[Node]:
            self.node_checks.append((kind, check))
            return check

        return register

    def on_call(self, *names: str) -> Callable[[NodeCheck[ast.Call]], NodeCheck[ast.Call]]:
        """Run the check on every call whose callee's last name is one of `names`; on every call when none is given."""

        def register(check: NodeCheck[ast.Call]) -> NodeCheck[ast.Call]:
            self.call_checks.append((names, check))
            return check

        return register

    def on_function(self, check: NodeCheck[Function]) -> NodeCheck[Function]:
        """Run the check on every `def` and `async def`."""
        self.node_checks.append((ast.FunctionDef, check))
        self.node_checks.append((ast.AsyncFunctionDef, check))
        return check

    def on_class(self, check: NodeCheck[ast.ClassDef]) -> NodeCheck[ast.ClassDef]:
        """Run the check on every class."""
        self.node_checks.append((ast.ClassDef, check))
        return check

    def on_route(self, check: RouteCheck) -> RouteCheck:
        """Run the check on every path operation."""
        self.route_checks.append(check)
        return check

    def on_module(self, check: ModuleCheck) -> ModuleCheck:
        """Run the check once for each file."""
        self.module_checks.append(check)
        return check

    def on_project(self, check: ProjectCheck) -> ProjectCheck:
        """Run the check once for the project."""
        self.project_checks.append(check)
        return check

    def refute(self, refutation: Refutation) -> Refutation:
        """Drop a finding of the file checks where the refutation, given the project, says True."""
        self.refutations.append(refutation)
        return refutation
