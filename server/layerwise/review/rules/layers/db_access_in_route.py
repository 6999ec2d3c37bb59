"""A path operation talks to the database itself.

## Why is this bad?
The query can be neither reused nor tested without HTTP, and the rule it enforces is repeated in the next route.

## Example
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, db: AsyncSession = Depends(get_db)) -> UserResponse:
    user = await db.get(User, user_id)
    return UserResponse.model_validate(user)
```

## Use instead
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, service: UserService = Depends(get_user_service)) -> UserResponse:
    return await service.get(user_id)
```

## Fix safety
Unsafe: a single query moves into a repository class above the route, which you then move to its package.

## When to ignore
In health checks, which are there to reach the database.
"""

import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.extraction import extract_query
from layerwise.review.finding import Step
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import QUERIES, WRITES

RULE = Rule(
    __name__,
    __doc__,
    code="LAY001",
    severity="warning",
    habit=True,
    statements=("dont.logic-in-routes", "do.repository", "do.services", "layer.endpoints", "layer.repositories"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/users")
            async def read_users(db: AsyncSession = Depends(get_db)) -> list[UserResponse]:
                result = await db.execute(select(User).limit(10))  # !
                return [UserResponse.model_validate(user) for user in result.scalars()]
            """,
            fixed="""
            from typing import Any

            from fastapi import APIRouter, Depends
            from sqlalchemy import Result, select
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            class UserRepository:
                \"\"\"Queries on User.\"\"\"

                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def read_users(self) -> Result[Any]:
                    return await self.session.execute(select(User).limit(10))


            @router.get("/users")
            async def read_users(db: AsyncSession = Depends(get_db)) -> list[UserResponse]:
                result = await UserRepository(db).read_users()
                return [UserResponse.model_validate(user) for user in result.scalars()]
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession

            from app.models.user import User

            router = APIRouter()


            @router.get("/users/{email}")
            async def read_user(email: str, db: SessionDep) -> UserResponse:
                user = await db.scalar(select(User).where(User.email == email))  # !
                return UserResponse.model_validate(user)
            """,
            fixed="""
            from fastapi import APIRouter
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession

            from app.models.user import User

            router = APIRouter()


            class UserRepository:
                \"\"\"Queries on User.\"\"\"

                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def read_user(self, email: str) -> User | None:
                    return await self.session.scalar(select(User).where(User.email == email))


            @router.get("/users/{email}")
            async def read_user(email: str, db: SessionDep) -> UserResponse:
                user = await UserRepository(db).read_user(email)
                return UserResponse.model_validate(user)
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session

            router = APIRouter()


            @router.post("/users", status_code=201)
            def create_user(data: UserCreate, db: Session = Depends(get_db)) -> UserResponse:
                user = build(data)
                db.add(user)  # !
                db.commit()
                return user
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: UserCreate, session: AsyncSession = Depends(get_db)) -> UserResponse:
                service = UserService(session)
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy import text
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/health")
            async def health(db: AsyncSession = Depends(get_db)) -> dict[str, str]:
                await db.execute(text("SELECT 1"))
                return {"status": "ok"}
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
        FalseAlarm(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/version")
            async def version(db: AsyncSession = Depends(get_db)) -> str:
                return await db.scalar(VERSION_QUERY)  # !
            """,
            why="one harmless query of a tiny app counts as well",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users() -> list[UserResponse]:
                return await all_users_of(database)
            """,
            why="the query is in a helper of unknown layer",
        ),
    ),
)
_HEALTH = re.compile(r"health|ready|live|ping|status", re.IGNORECASE)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    function = route.function
    if context.route_functions[function] is not route or _HEALTH.search(f"{route.path} {function.name}"):
        return
    if context.file_layer in ("test", "script"):
        return
    calls = [call for call in context.sessions.calls_in(function) if call.method in QUERIES | WRITES]
    if not calls:
        return
    more = f", and {len(calls) - 1} more times" if len(calls) > 1 else ""
    first = calls[0]
    yield Problem(
        first.node,
        f"`{function.name}` ({route.label}) calls `{first.receiver}.{first.method}` itself{more}; "
        "move it to a repository behind a service.",
        fix=extract_query(context, route, first) if len(calls) == 1 else None,
        trace=tuple(Step(context.path, call.node.lineno, f"{call.receiver}.{call.method}(...)") for call in calls[1:6]),
    )
