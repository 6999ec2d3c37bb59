"""An update drops the values that are false.

## Why is this bad?
A client that sends 0, False or an empty string is told that all went well, and nothing changes.

## Example
```python
async def patch_item(item: Item, data: ItemUpdate) -> None:
    changes = {name: value for name, value in data.model_dump().items() if value}
    item.update(changes)
```

## Use instead
```python
async def patch_item(item: Item, data: ItemUpdate) -> None:
    changes = data.model_dump(exclude_unset=True)
    item.update(changes)
```

## When to ignore
When no field can sensibly be set to 0, False or an empty value.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH022",
    severity="warning",
    statements=("schema.update", "repository.update"),
    cases=(
        Bad(
            """
            from pydantic import BaseModel


            async def patch_task(task: Task, task_update: TaskUpdate) -> None:
                changes = {name: value for name, value in task_update.dict().items() if value and name != "id"}  # !
                for name, value in changes.items():
                    setattr(task, name, value)
            """
        ),
        Bad(
            """
            async def save(item: Item, data: ItemUpdate) -> None:
                for name, value in data.model_dump().items():
                    if value:  # !
                        setattr(item, name, value)
            """
        ),
        Good(
            """
            async def patch_task(task: Task, task_update: TaskUpdate) -> None:
                for name, value in task_update.model_dump(exclude_unset=True).items():
                    setattr(task, name, value)
            """
        ),
        Good(
            """
            async def patch_task(task: Task, task_update: TaskUpdate) -> None:
                changes = {name: value for name, value in task_update.model_dump().items() if value is not None}
                task.update(changes)
            """
        ),
        Good(
            """
            async def search(filters: TaskFilter) -> dict[str, str]:
                return {name: value for name, value in filters.model_dump().items() if value}
            """
        ),
        FalseAlarm(
            """
            async def update_links(page: Page, links: LinksUpdate) -> None:
                page.links = {name: url for name, url in links.model_dump().items() if url}  # !
            """,
            why="an address is never empty, so there is no false value to store",
        ),
        Miss(
            """
            async def patch_task(task: Task, data: TaskUpdate) -> None:
                if data.title:
                    task.title = data.title
            """,
            why="fields that are copied one by one are not followed",
        ),
    ),
    evidence=("fractal-analytics-platform/fractal-server 340c4679b2",),
)
_UPDATE = re.compile(r"update|patch|edit|modify", re.IGNORECASE)


@RULE.on(ast.DictComp)
def check_comprehension(context: Context, node: ast.DictComp) -> Iterator[Problem]:
    generator = node.generators[0]
    name = _value_of_dump(context, node, generator)
    if name and any(_is_truth(test, name) for test in generator.ifs):
        yield _report(node, name)


@RULE.on(ast.For)
def check_loop(context: Context, node: ast.For) -> Iterator[Problem]:
    name = _value_of_dump(context, node, node)
    for statement in node.body if name else ():
        if isinstance(statement, ast.If) and _is_truth(statement.test, name) and _sets_attribute(statement):
            yield _report(statement, name)


def _value_of_dump(context: Context, node: ast.AST, loop: ast.For | ast.comprehension) -> str:
    """The name of the value in a loop over the dumped fields of an update schema; empty for other loops."""
    items, target, function = loop.iter, loop.target, context.tree.runner(node)
    if not isinstance(items, ast.Call) or callee_name(items) != "items" or not isinstance(items.func, ast.Attribute):
        return ""
    dump = items.func.value
    if not isinstance(dump, ast.Call) or callee_name(dump) not in ("model_dump", "dict") or function is None:
        return ""
    schema = dotted(dump.func).rpartition(".")[0]
    types = [context.text(each.annotation) for each in parameters(function) if each.arg == schema and each.annotation]
    if not isinstance(target, ast.Tuple) or not types or not _UPDATE.search(f"{types[0]} {function.name}"):
        return ""
    return dotted(target.elts[1]) if len(target.elts) == 2 else ""


def _is_truth(test: ast.expr, name: str) -> bool:
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return any(isinstance(part, ast.Name) and part.id == name for part in parts)


def _sets_attribute(node: ast.If) -> bool:
    return any(isinstance(each, ast.Call) and callee_name(each) == "setattr" for each in ast.walk(node))


def _report(node: ast.expr | ast.stmt, name: str) -> Problem:
    return Problem(node, f"`if {name}` also drops what the client set to 0, False or empty; dump with exclude_unset.")
