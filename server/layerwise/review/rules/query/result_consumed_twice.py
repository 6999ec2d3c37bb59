"""A result is read a second time.

## Why is this bad?
A result is a cursor: the first `.all()` empties it, and the second gives an empty list.

## Example
```python
result = await session.execute(select(User))
users = result.scalars().all()
total = len(result.scalars().all())
```

## Use instead
```python
result = await session.execute(select(User))
users = result.scalars().all()
total = len(users)
```

## When to ignore
When the result was frozen, which makes it readable again.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, dotted, first_name

RULE = Rule(
    __name__,
    __doc__,
    code="QRY017",
    severity="error",
    statements=("query.scalars",),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> tuple[list[User], int]:
                result = await session.execute(select(User))
                users = list(result.scalars().all())
                return users, len(result.scalars().all())  # !
            """
        ),
        Bad(
            """
            async def load(session: AsyncSession, statement: Select[tuple[User]]) -> list[User]:
                rows = await session.scalars(statement)
                log(rows.all())
                return list(rows.all())  # !
            """
        ),
        Good(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> tuple[list[User], int]:
                result = await session.execute(select(User))
                users = list(result.scalars().all())
                return users, len(users)
            """
        ),
        Good(
            """
            async def load(session: AsyncSession, statement: Select[tuple[User]], one: bool) -> list[User]:
                rows = await session.scalars(statement)
                if one:
                    return [rows.one()]
                return list(rows.all())
            """
        ),
        Good(
            """
            async def load(session: AsyncSession, first: Select[tuple[User]], second: Select[tuple[User]]) -> None:
                rows = await session.scalars(first)
                log(rows.all())
                rows = await session.scalars(second)
                log(rows.all())
            """
        ),
        FalseAlarm(
            """
            async def load(session: AsyncSession, statement: Select[tuple[User]]) -> None:
                rows = await session.scalars(statement)
                log(rows.partitions(10), rows.all())
                log(rows.all())  # !
            """,
            why="reading on after a partial read may be meant",
        ),
        Miss(
            """
            async def load(session: AsyncSession, statement: Select[tuple[User]]) -> None:
                rows = await session.scalars(statement)
                log(list(rows))
                log(list(rows))
            """,
            why="only named methods are looked at",
        ),
    ),
)
_CONSUMERS = frozenset({"all", "fetchall", "one", "one_or_none", "scalar_one", "scalar_one_or_none"})


@RULE.on(ast.Assign)
def check(context: Context, node: ast.Assign) -> Iterator[Problem]:
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    function = context.tree.runner(node)
    name = dotted(node.targets[0])
    if function is None or not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute) or "." in name:
        return
    if value.func.attr not in ("execute", "scalars") or not context.sessions.is_session(
        dotted(value.func.value), value
    ):
        return
    reads = _reads(context, function, node, name)
    if len(reads) > 1:
        yield Problem(reads[1], f"`{name}` was already read in line {reads[0].lineno}; this read gives nothing.")


def _reads(context: Context, function: Function, assign: ast.Assign, name: str) -> list[ast.Call]:
    """The reads of the result that surely follow one another: statements of the assignment's own block."""
    block = next((body for body in _blocks(context.tree.parent(assign)) if assign in body), [])
    found: list[ast.Call] = []
    for statement in block[block.index(assign) + 1 :] if assign in block else []:
        if isinstance(statement, ast.Assign) and any(dotted(target) == name for target in statement.targets):
            return found
        if isinstance(
            statement, ast.If | ast.For | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.AsyncFor | ast.Match
        ):
            continue
        found += [
            node
            for node in context.tree.within(statement)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _CONSUMERS
            and first_name(node.func.value) == name
        ]
    return found


def _blocks(parent: ast.AST | None) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(parent, field, None)
        if isinstance(body, list):
            yield body
