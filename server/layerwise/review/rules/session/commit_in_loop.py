"""A session is committed for each item of a loop.

## Why is this bad?
Each commit waits for the disk, and a failure halfway leaves some of the items written.

## Example
```python
async def store(session: AsyncSession, rows: list[Row]) -> None:
    for row in rows:
        session.add(row)
        await session.commit()
```

## Use instead
```python
async def store(session: AsyncSession, rows: list[Row]) -> None:
    session.add_all(rows)
    await session.commit()
```

## When to ignore
When each item is a unit of its own, or a batch.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SES013",
    severity="warning",
    statements=("session.commit",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def store(session: AsyncSession, rows: list[Row]) -> None:
                for row in rows:
                    session.add(row)
                    await session.commit()  # !
            """
        ),
        Bad(
            """
            from sqlalchemy.orm import Session


            def store(db: Session, rows: list[Row]) -> None:
                for row in rows:
                    db.merge(row)
                    db.commit()  # !
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def store(session: AsyncSession, rows: list[Row]) -> None:
                for row in rows:
                    session.add(row)
                await session.commit()
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def store(session: AsyncSession, batches: list[list[Row]]) -> None:
                for batch in batches:
                    session.add_all(batch)
                    await session.commit()
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def store(session: AsyncSession, rows: list[Row]) -> None:
                for number, row in enumerate(rows):
                    session.add(row)
                    if number % 100 == 0:
                        await session.commit()
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def retry(session: AsyncSession, jobs: list[Job]) -> None:
                for job in jobs:
                    job.attempts = 0
                    await session.commit()  # !
            """,
            why="each job may be meant to be saved for itself",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def store(session: AsyncSession, rows: list[Row]) -> None:
                for row in rows:
                    await save(session, row)
            """,
            why="the commit is in the function that is called",
        ),
    ),
)
_BATCHES = ("batch", "chunk", "page", "group", "part")


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    if context.file_layer in ("test", "migration", "script"):
        return
    for call in context.sessions.calls:
        loop = context.tree.loop(call.node) if call.method == "commit" else None
        if not isinstance(loop, ast.For | ast.AsyncFor) or context.tree.statement(call.node) not in loop.body:
            continue
        function = context.tree.runner(call.node)
        opened = function is not None and call.receiver in context.sessions.opened_in(function)
        inside = opened and any(isinstance(each, ast.With | ast.AsyncWith) for each in context.tree.within(loop))
        if not inside and not any(word in ast.unparse(loop.target).lower() for word in _BATCHES):
            yield Problem(call.node, f"`{call.receiver}` is committed once for each `{ast.unparse(loop.target)}`.")
