"""A repository or service commits the session.

## Why is this bad?
The commit belongs to the session dependency: a request that fails after an early commit leaves its first half written.

## Example
```python
class UserRepository:
    async def create(self, **values: Any) -> User:
        user = User(**values)
        self.session.add(user)
        await self.session.commit()
        return user
```

## Use instead
```python
class UserRepository:
    async def create(self, **values: Any) -> User:
        user = User(**values)
        self.session.add(user)
        await self.session.flush()
        return user
```

## Fix safety
Unsafe: something above must commit, as the session dependency does.

## When to ignore
In jobs that commit batch by batch, and in projects whose services own the transaction.
"""

from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import SessionCall
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SES004",
    severity="warning",
    statements=("session.commit", "repository.create", "layer.repositories"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, user: User) -> User:
                    self.session.add(user)
                    await self.session.commit()  # !
                    return user
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, user: User) -> User:
                    self.session.add(user)
                    await self.session.flush()
                    return user
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def rename(db: AsyncSession, user: User, name: str) -> None:
                user.name = name
                await db.commit()  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            async def rename(db: AsyncSession, user: User, name: str) -> None:
                user.name = name
                await db.flush()
            """,
            path="app/services/user.py",
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, user: User) -> User:
                    self.session.add(user)
                    await self.session.flush()
                    return user
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def seed(session: AsyncSession) -> None:
                session.add(User(email="a@example.com"))
                await session.commit()
            """,
            path="scripts/seed.py",
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def sweep() -> None:
                async with SessionLocal() as session:
                    await session.execute(delete(Token).where(Token.expired))
                    await session.commit()
            """,
            path="app/services/sweep.py",
        ),
        FalseAlarm(
            """
            from sqlalchemy.orm import Session


            class ImportService:
                def __init__(self, session: Session) -> None:
                    self.session = session

                def run(self, rows: list[Row]) -> None:
                    self.session.add_all(rows)
                    self.session.commit()  # !
            """,
            why="a batch job owns its transaction, and one file does not show that it is no request",
        ),
        Miss(
            """
            class UserRepository:
                async def create(self, user: User) -> User:
                    await self.unit_of_work.commit()
                    return user
            """,
            why="the session is behind a wrapper",
        ),
    ),
    evidence=("polar 963b4c958a",),
)


# From so many committing functions on the file has a way of its own: one finding says so.
_THROUGHOUT = 4


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    first: dict[Function, SessionCall] = {}
    for call in context.sessions.calls:
        function = context.tree.runner(call.node)
        if call.method != "commit" or function is None or _opens(context, function, call.receiver):
            continue
        if context.layer(call.node) in ("repository", "service"):
            first.setdefault(function, call)
    throughout = len(first) >= _THROUGHOUT
    for function, call in list(first.items())[: 1 if throughout else None]:
        more = f"; so do {len(first) - 1} more functions of this file" if throughout else ""
        end = context.source.end(call.node.func)
        yield Problem(
            call.node,
            f"`{function.name}` commits `{call.receiver}` in the {context.layer(call.node)} layer; "
            f"leave that to the session dependency{more}.",
            confidence="low" if call.kind != "async" and context.tree.klass(call.node) is None else "high",
            fix=Fix(
                (Edit(context.path, end - len("commit"), end, "flush"),),
                safe=False,
                reason="Something above must commit, as the session dependency does.",
            ),
        )


def _opens(context: Context, function: Function, receiver: str) -> bool:
    """Whether the function makes the session itself: then it is the unit of work."""
    return "." not in receiver and receiver in context.sessions.opened_in(function)
