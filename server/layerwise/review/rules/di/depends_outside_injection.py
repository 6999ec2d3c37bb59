"""A function with FastAPI's markers as defaults is called like any other.

## Why is this bad?
Only FastAPI fills `Depends(...)` and `Query(...)` in: a plain call gets the marker itself where a value should be.

## Example
```python
def load_items(session: Session = Depends(get_session)) -> list[Item]:
    return list(session.scalars(select(Item)))

def export() -> list[Item]:
    return load_items()
```

## Use instead
```python
def load_items(session: Session) -> list[Item]:
    return list(session.scalars(select(Item)))

def export(session: Session) -> list[Item]:
    return load_items(session)
```

## When to ignore
When the function only hands the value on, or does without it.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.calls import ResolvedCall
from layerwise.project.facts import Call, Function, Parameter
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.places import short_name, span_of
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_SERVICE = """
from fastapi import Depends, Query


def load_items(session: Session = Depends(get_session), limit: int = Query(10)) -> list[Item]:
    return list(session.scalars(select(Item).limit(limit)))
"""

RULE = Rule(
    __name__,
    __doc__,
    code="DIN003",
    severity="error",
    scope="project",
    statements=("di.pattern", "di.factories"),
    cases=(
        Bad(
            {
                "app/items.py": _SERVICE,
                "app/export.py": """
                from app.items import load_items


                def export() -> list[Item]:
                    return load_items()  # !
                """,
            }
        ),
        Bad(
            {
                "app/items.py": _SERVICE,
                "app/export.py": """
                from app import items


                def export(session: Session) -> list[Item]:
                    return items.load_items(session)  # !
                """,
            }
        ),
        Good(
            {
                "app/items.py": _SERVICE,
                "app/export.py": """
                from app.items import load_items


                def export(session: Session) -> list[Item]:
                    return load_items(session, limit=20)
                """,
            }
        ),
        Good(
            {
                "app/items.py": _SERVICE,
                "app/export.py": """
                from app.items import load_items


                def export(*given: object) -> list[Item]:
                    return load_items(*given)
                """,
            }
        ),
        Good(
            """
            from typing import Annotated

            from fastapi import Depends, Query


            def page(limit: Annotated[int, Query(le=100)] = 20) -> int:
                return limit


            def audit(_: None = Depends(check_token)) -> int:
                return 1


            def first() -> int:
                return page() + audit()
            """
        ),
        Miss(
            """
            from fastapi import Depends


            def load_items(session: Session = Depends(get_session)) -> list[Item]:
                return list(session.scalars(select(Item)))


            exports = {"items": load_items}


            def export(name: str) -> list[Item]:
                return exports[name]()
            """,
            why="which function a table of them holds is not followed",
        ),
    ),
)
_MARKER = re.compile(r"(Depends|Security|Query|Header|Cookie|Body|Form|File|Path)\(")


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    injected = {
        symbol: function
        for symbol, _, function in project.calls.functions()
        if any(_MARKER.match(each.default) for each in function.parameters)
    }
    for symbol, module, _ in project.calls.functions() if injected else ():
        if project.layers[module.path] in ASIDE:
            continue
        for found in project.calls.of(symbol):
            if found.target not in injected or found.call.deferred:
                continue
            marked = _marked_parameters(project, found.target, injected[found.target])
            if marked and (node := _node_of(project, symbol, found.call)):
                yield from _report(module.path, found, injected[found.target], node, marked)


def _marked_parameters(project: Project, symbol: Symbol, function: Function) -> list[Parameter]:
    """The parameters whose default is a marker of FastAPI's, and that the function uses."""
    found = [each for each in function.parameters if _MARKER.match(each.default)]
    node = project.node(symbol) if found else None
    path = symbol.partition(JOINT)[0]
    used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} if node is not None else set()
    return [
        each
        for each in found
        if each.name in used and project.resolve(path, each.default.partition("(")[0]).startswith("fastapi.")
    ]


def _node_of(project: Project, symbol: Symbol, call: Call) -> ast.Call | None:
    node = project.node(symbol)
    place = (call.line, call.column, call.end_line, call.end_column)
    for inner in ast.walk(node) if node is not None else ():
        if isinstance(inner, ast.Call) and place == (
            inner.lineno,
            inner.col_offset,
            inner.end_lineno,
            inner.end_col_offset,
        ):
            return inner
    return None


def _report(
    path: str, found: ResolvedCall, function: Function, node: ast.Call, marked: list[Parameter]
) -> Iterator[Problem]:
    words = {word.arg for word in node.keywords}
    if None in words or any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    names = [each.name for each in function.parameters if each.name not in ("self", "cls")]
    filled = words | set(names[: len(node.args)])
    missing = [each for each in marked if each.name not in filled]
    if missing:
        target, marker = found.target, missing[0].default.partition("(")[0]
        yield Problem(
            span_of(found.call),
            f"`{short_name(target)}` gets the `{marker}(…)` object for `{missing[0].name}`: only FastAPI fills it in.",
            path=path,
            trace=(Step(target.partition(JOINT)[0], missing[0].line, f"`{missing[0].name}` is filled in by FastAPI"),),
        )
