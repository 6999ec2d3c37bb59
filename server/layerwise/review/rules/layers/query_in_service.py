"""A service that has a repository builds a query of its own.

## Why is this bad?
Data access is in two places: a filter that the repository always adds is forgotten here.

## Example
```python
class UserService:
    async def find(self, email: str) -> UserResponse:
        user = await self.session.scalar(select(User).where(User.email == email))
        return UserResponse.model_validate(user)
```

## Use instead
```python
class UserService:
    async def find(self, email: str) -> UserResponse:
        user = await self.users.get_by_email(email)
        return UserResponse.model_validate(user)
```

## When to ignore
In a project without repositories: then the services are the data access.
"""

import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import QUERIES
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="LAY007",
    severity="warning",
    habit=True,
    statements=("do.repository", "layer.services", "layer.repositories", "service.coordinate"),
    cases=(
        Bad(
            """
            from app.repositories.user import UserRepository
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserService:
                def __init__(self, session: AsyncSession, users: UserRepository) -> None:
                    self.session = session
                    self.users = users

                async def find(self, email: str) -> UserResponse:
                    user = await self.session.scalar(select(User).where(User.email == email))  # !
                    return UserResponse.model_validate(user)
            """
        ),
        Bad(
            """
            from app.repositories.order import OrderRepository
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession


            async def count(session: AsyncSession, orders: OrderRepository) -> int:
                result = await session.execute(text("SELECT count(*) FROM orders"))  # !
                return result.scalar_one()
            """,
            path="app/services/order.py",
        ),
        Good(
            """
            from app.repositories.user import UserRepository


            class UserService:
                def __init__(self, users: UserRepository) -> None:
                    self.users = users

                async def find(self, email: str) -> UserResponse:
                    return UserResponse.model_validate(await self.users.get_by_email(email))
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def get_by_email(self, email: str) -> User | None:
                    return await self.session.scalar(select(User).where(User.email == email))
            """
        ),
        Good(
            """
            from app.repositories.user import UserRepository
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserService:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def touch(self) -> None:
                    await self.session.flush()
            """
        ),
        FalseAlarm(
            """
            from app.repositories.user import UserRepository
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession


            class LockService:
                async def lock(self, session: AsyncSession, users: UserRepository) -> None:
                    await session.execute(text("SELECT pg_advisory_xact_lock(1)"))  # !
            """,
            why="a lock is no data access, but goes through the session",
        ),
        Miss(
            """
            class UserService:
                async def find(self, email: str) -> UserResponse:
                    return await self.run(find_user_query(email))
            """,
            why="the query is hidden in helpers",
        ),
    ),
)
_REPOSITORY = re.compile(r"(Repository|Repo|DAO)$")


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    if not any(_REPOSITORY.search(name) for name in (*context.names.imports, *context.classes.by_name)):
        return
    reported: set[Function] = set()
    for call in context.sessions.calls:
        if call.method not in QUERIES or context.layer(call.node) != "service":
            continue
        function = context.tree.runner(call.node)
        if function is not None and function not in reported:
            reported.add(function)
            yield Problem(
                call.node,
                f"`{context.tree.qualified_name(call.node)}` queries through `{call.receiver}.{call.method}`; "
                "give the repository a method for it.",
            )
