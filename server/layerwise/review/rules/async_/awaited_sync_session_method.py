"""A plain method of the session is awaited.

## Why is this bad?
`add` and its like return None, and awaiting None raises TypeError at run time.

## Example
```python
async def save(session: AsyncSession, user: User) -> None:
    await session.add(user)
```

## Use instead
```python
async def save(session: AsyncSession, user: User) -> None:
    session.add(user)
```

## Fix safety
Safe: the awaited call could only fail.

## When to ignore
When the object is no SQLAlchemy session but has a coroutine of the same name.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="AIO007",
    severity="error",
    statements=("do.async", "session.injected"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(session: AsyncSession, user: User) -> None:
                await session.add(user)  # !
                await session.flush()
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(session: AsyncSession, user: User) -> None:
                session.add(user)
                await session.flush()
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def forget(db: AsyncSession) -> None:
                await db.expunge_all()  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            async def forget(db: AsyncSession) -> None:
                db.expunge_all()
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(session: AsyncSession, user: User) -> None:
                session.add(user)
                await session.flush()
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(self, session: AsyncSession, user: User) -> None:
                await self.users.add(user)
            """
        ),
        Good(
            """
            from redis.asyncio import Redis
            from sqlalchemy import select


            async def remember(db: Redis) -> None:
                await db.add("key")
            """
        ),
        FalseAlarm(
            """
            import sqlalchemy


            async def save(session, item) -> None:
                await session.add(item)  # !
                await session.flush()
            """,
            why="a wrapper that is called `session` and has its own coroutine `add` looks the same",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(uow, user) -> None:
                await uow.handle.add(user)
            """,
            why="nothing says that `uow.handle` is a session",
        ),
    ),
)
_PLAIN = frozenset({"add", "add_all", "expunge", "expunge_all", "expire", "expire_all"})


@RULE.on(ast.Await)
def check(context: Context, node: ast.Await) -> Iterator[Problem]:
    call = node.value
    if not isinstance(call, ast.Call):
        return
    for session_call in context.sessions.calls:
        if session_call.node is call and session_call.method in _PLAIN and session_call.kind == "async":
            start = context.source.start(node)
            edit = Edit(context.path, start, context.source.start(call), "")
            yield Problem(
                node,
                f"`{session_call.receiver}.{session_call.method}(...)` is no coroutine; awaiting it raises TypeError.",
                fix=Fix((edit,), safe=True, reason="The call is plain; awaiting its None could only fail."),
            )
