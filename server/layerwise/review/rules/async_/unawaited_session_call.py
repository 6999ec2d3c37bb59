"""A coroutine of an `AsyncSession` is never awaited.

## Why is this bad?
The call only makes a coroutine: nothing is sent to the database, and a `commit` that never runs loses the write.

## Example
```python
async def save(session: AsyncSession, user: User) -> None:
    session.add(user)
    session.commit()
```

## Use instead
```python
async def save(session: AsyncSession, user: User) -> None:
    session.add(user)
    await session.commit()
```

## Fix safety
Safe: without `await` the call does nothing.

## When to ignore
When the coroutine is kept and awaited elsewhere, in a way that one function does not show.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import AWAITED, SessionCall
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="AIO006",
    severity="error",
    statements=("do.async", "session.commit"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def finish(session: AsyncSession) -> None:
                session.flush()  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            async def finish(session: AsyncSession) -> None:
                await session.flush()
            """,
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self._session = session

                async def get_by_email(self, email: str) -> User | None:
                    result = self._session.execute(select(User).where(User.email == email))  # !
                    return result.scalar_one_or_none()

                async def count(self) -> int:
                    return self._session.execute(select(func.count())).scalar_one()  # !
            """,
            fixed="""
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self._session = session

                async def get_by_email(self, email: str) -> User | None:
                    result = await self._session.execute(select(User).where(User.email == email))
                    return result.scalar_one_or_none()

                async def count(self) -> int:
                    return (await self._session.execute(select(func.count()))).scalar_one()
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def finish(session: AsyncSession, user: User) -> None:
                session.add(user)
                await session.flush()
            """
        ),
        Good(
            """
            from sqlalchemy.orm import Session


            def finish(session: Session) -> None:
                session.flush()
            """
        ),
        Good(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def finish(session: AsyncSession) -> None:
                await asyncio.wait_for(session.flush(), 5)
                pending = session.refresh(user)
                await pending
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def plan(session: AsyncSession, jobs: list[object]) -> None:
                jobs.first = session.flush()  # !
            """,
            why="the coroutine is stored in an attribute, and who awaits it is out of sight",
        ),
        Miss(
            """
            async def finish(unit) -> None:
                unit.flush()
            """,
            why="nothing says that `unit` is a session",
        ),
    ),
)


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    for call in context.sessions.calls:
        if call.kind == "async" and call.method in AWAITED and _is_dropped(context, call):
            yield Problem(
                call.node,
                f"`{call.receiver}.{call.method}(...)` is a coroutine that is never awaited: nothing happens.",
                fix=_fix(context, call),
            )


def _is_dropped(context: Context, call: SessionCall) -> bool:
    tree = context.tree
    function = tree.runner(call.node)
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    parent = tree.parent(call.node)
    if isinstance(parent, ast.Assign):
        return not _is_awaited_later(context, function, parent)
    return isinstance(parent, ast.Expr | ast.AnnAssign | ast.Return | ast.Attribute | ast.Subscript | ast.NamedExpr)


def _is_awaited_later(context: Context, function: Function, assign: ast.Assign) -> bool:
    names = {target.id for target in assign.targets if isinstance(target, ast.Name)}
    return any(
        node.id in names and isinstance(context.tree.parent(node), ast.Await | ast.Call)
        for node in context.tree.body_of(function, ast.Name)
    )


def _fix(context: Context, call: SessionCall) -> Fix:
    source, node = context.source, call.node
    reason = "Without `await` the call does nothing at all."
    if isinstance(context.tree.parent(node), ast.Attribute | ast.Subscript):
        edits = (source.insert(source.start(node), "(await "), source.insert(source.end(node), ")"))
        return Fix(edits, safe=True, reason=reason)
    return Fix((source.insert(source.start(node), "await "),), safe=True, reason=reason)
