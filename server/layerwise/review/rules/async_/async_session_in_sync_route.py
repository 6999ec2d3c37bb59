"""A plain `def` path operation is given an `AsyncSession`.

## Why is this bad?
It cannot await: every call of the session makes a coroutine that is dropped, and the thread pool shares the session.

## Example
```python
@router.get("/users")
def read_users(db: AsyncSession = Depends(get_db)) -> list[UserResponse]:
    return UserService(db).list()
```

## Use instead
```python
@router.get("/users")
async def read_users(db: AsyncSession = Depends(get_db)) -> list[UserResponse]:
    return await UserService(db).list()
```

## Fix safety
Unsafe: only `async` is added; what the body calls must be awaited where it is a coroutine.

## When to ignore
When the session is only handed on, to code that schedules its own work.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import parameters

RULE = Rule(
    __name__,
    __doc__,
    code="AIO004",
    severity="error",
    statements=("dont.mix-sync", "do.async"),
    requires=("fastapi", "sqlalchemy"),
    cases=(
        Bad(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            def delete_user(user_id: int, db: AsyncSession = Depends(get_db)) -> None:  # !
                UserService(db).delete(user_id)
            """,
            fixed="""
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, db: AsyncSession = Depends(get_db)) -> None:
                UserService(db).delete(user_id)
            """,
        ),
        Bad(
            """
            from typing import Annotated

            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()
            SessionDep = Annotated[AsyncSession, Depends(get_db)]


            @router.get("/users/{user_id}")
            def read_user(user_id: int, session: SessionDep) -> UserResponse:  # !
                return UserService(session).read(user_id)
            """,
            fixed="""
            from typing import Annotated

            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()
            SessionDep = Annotated[AsyncSession, Depends(get_db)]


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, session: SessionDep) -> UserResponse:
                return UserService(session).read(user_id)
            """,
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, db: AsyncSession = Depends(get_db)) -> UserResponse:
                return await UserService(db).read(user_id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session

            router = APIRouter()


            @router.get("/users/{user_id}")
            def read_user(user_id: int, db: Session = Depends(get_db)) -> UserResponse:
                return UserService(db).read(user_id)
            """
        ),
        Good(
            """
            from fastapi import Depends
            from sqlalchemy.ext.asyncio import AsyncSession


            def get_user_service(session: AsyncSession = Depends(get_db)) -> UserService:
                return UserService(UserRepository(session))
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/dialect")
            def read_dialect(db: AsyncSession = Depends(get_db)) -> str:  # !
                return db.bind.dialect.name
            """,
            why="an attribute that needs no query is read, which is harmless",
        ),
        Miss(
            """
            from app.deps import SessionDep
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/{user_id}")
            def read_user(user_id: int, session: SessionDep) -> UserResponse:
                return UserService(session).read(user_id)
            """,
            why="the alias is defined in another file",
        ),
    ),
)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    function = route.function
    if not isinstance(function, ast.FunctionDef):
        return
    for argument in parameters(function):
        if context.sessions.kind_of_annotation(argument.annotation) == "async":
            yield Problem(
                function,
                f"`def {function.name}` is given the AsyncSession `{argument.arg}` but cannot await it.",
                fix=Fix(
                    (context.source.insert(context.source.start(function), "async "),),
                    safe=False,
                    reason="Only `async` is added; await what is a coroutine in the body.",
                ),
            )
            return
