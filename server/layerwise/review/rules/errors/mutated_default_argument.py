"""A default argument is changed by the function.

## Why is this bad?
A default is made once, when the function is defined: what one call adds to it, every later call finds there, so one
request sees what another left.

## Example
```python
def render(row: Row, formats: list[str] = []) -> str:
    formats.append("json")
    return pick(row, formats)
```

## Use instead
```python
def render(row: Row, formats: list[str] | None = None) -> str:
    return pick(row, [*(formats or []), "json"])
```

## When to ignore
When the default is meant as a cache.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, callee_name, with_defaults

RULE = Rule(
    __name__,
    __doc__,
    code="ERR008",
    severity="error",
    statements=("do.type-hints", "service.transform"),
    cases=(
        Bad(
            """
            def render(row: Row, formats: list[str] = []) -> str:  # !
                formats.append("json")
                return pick(row, formats)
            """
        ),
        Bad(
            """
            async def load(query: str, *, headers: dict[str, str] = {}) -> Page:  # !
                headers["accept"] = "application/json"
                return await fetch(query, headers)
            """
        ),
        Bad(
            """
            def collect(name: str, seen: set[str] = set()) -> set[str]:  # !
                seen |= {name}
                return seen
            """
        ),
        Good(
            """
            def render(row: Row, formats: list[str] | None = None) -> str:
                return pick(row, [*(formats or []), "json"])
            """
        ),
        Good(
            """
            def render(row: Row, formats: list[str] = []) -> str:
                formats = list(formats)
                formats.append("json")
                return pick(row, formats)
            """
        ),
        Good(
            """
            def render(row: Row, formats: list[str] = []) -> str:
                return pick(row, formats + ["json"])
            """
        ),
        Miss(
            """
            def render(row: Row, formats: list[str] = []) -> str:
                extend_with_json(formats)
                return pick(row, formats)
            """,
            why="what a called function does to its argument is not followed",
        ),
    ),
    evidence=("bluesky/tiled f4bb42382a",),
)
_CHANGING = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "popitem", "add", "discard",
    "sort", "reverse",
})  # fmt: skip


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    for argument, default in with_defaults(node):
        if default is not None and _is_mutable(default) and _is_changed(context, node, argument.arg):
            yield Problem(default, f"`{node.name}` changes the default of `{argument.arg}`, which all calls share.")


def _is_mutable(default: ast.expr) -> bool:
    if isinstance(default, ast.Call):
        return callee_name(default) in ("list", "dict", "set", "defaultdict") and isinstance(default.func, ast.Name)
    return isinstance(default, ast.List | ast.Dict | ast.Set)


def _is_changed(context: Context, function: Function, name: str) -> bool:
    """Whether the function changes what the parameter was given, before it binds the name to something else."""
    for node in context.tree.body(function):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return True
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return False
        if isinstance(node, ast.Subscript) and _is(node.value, name) and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.Attribute) and node.attr in _CHANGING and _is(node.value, name):
            return True
    return False


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
