"""An `async def` uses a synchronous session.

## Why is this bad?
Every query blocks the event loop while the database works, so one slow query stops all requests of the worker.

## Example
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, db: Session = Depends(get_db)) -> UserResponse:
    return UserService(db).read(user_id)
```

## Use instead
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, db: AsyncSession = Depends(get_db)) -> UserResponse:
    return await UserService(db).read(user_id)
```

## Fix safety
Safe where a path operation awaits nothing: as `def` FastAPI runs it in its thread pool, with the same result.

## When to ignore
In start-up code that runs before any request is served.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import QUERIES
from layerwise.review.tree import parameters

RULE = Rule(
    __name__,
    __doc__,
    code="AIO003",
    severity="error",
    habit=True,
    statements=("dont.mix-sync", "do.async"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, db: Session = Depends(get_db)) -> UserResponse:  # !
                return UserService(db).read(user_id)
            """,
            fixed="""
            from fastapi import APIRouter, Depends
            from sqlalchemy.orm import Session

            router = APIRouter()


            @router.get("/users/{user_id}")
            def read_user(user_id: int, db: Session = Depends(get_db)) -> UserResponse:
                return UserService(db).read(user_id)
            """,
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import Session


            class UserRepository:
                def __init__(self, session: Session) -> None:
                    self.session = session

                async def get_by_id(self, user_id: int) -> User | None:  # !
                    return self.session.execute(select(User).where(User.id == user_id)).scalar_one_or_none()
            """
        ),
        Good(
            """
            from sqlalchemy.orm import Session


            async def log_in(request: Request) -> str:
                return request.session.get("next")


            def load(session: Session) -> None:
                session.commit()
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
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import Session


            async def load(session: AsyncSession) -> None:
                def work(sync_session: Session) -> None:
                    sync_session.flush()

                await session.run_sync(work)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.orm import Session


            async def start(session: Session) -> None:  # !
                session.flush()
            """,
            why="at start-up nothing else waits for the loop, which one file does not show",
        ),
        Miss(
            """
            from app.db import get_db
            from fastapi import APIRouter, Depends

            router = APIRouter()


            @router.get("/users")
            async def read_users(db=Depends(get_db)) -> list[UserResponse]:
                return UserService(db).list()
            """,
            why="the type of the session is in another file",
        ),
    ),
    evidence=("onyx-dot-app/onyx b2959c863c",),
)
# What reaches the database.
_SENT = QUERIES | {"commit", "flush", "refresh", "merge", "delete"}


@RULE.on(ast.AsyncFunctionDef)
def check(context: Context, node: ast.AsyncFunctionDef) -> Iterator[Problem]:
    used = [call for call in context.sessions.calls_in(node) if call.kind == "sync" and call.method in _SENT]
    if used:
        name = used[0].receiver
    elif node in context.route_functions and (parameter := _sync_parameter(context, node)):
        name = parameter
    else:
        return
    yield Problem(
        node,
        f"`async def {node.name}` works with the sync session `{name}`: each query blocks the event loop.",
        fix=_fix(context, node),
    )


def _sync_parameter(context: Context, node: ast.AsyncFunctionDef) -> str | None:
    for argument in parameters(node):
        if context.sessions.kind_of_annotation(argument.annotation) == "sync":
            return argument.arg
    return None


def _fix(context: Context, node: ast.AsyncFunctionDef) -> Fix | None:
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
    if node not in context.route_functions or any(isinstance(each, waits) for each in context.tree.within(node)):
        return None
    start = context.source.start(node)
    end = context.source.text.index("def", start)
    return Fix(
        (Edit(context.path, start, end, ""),),
        safe=True,
        reason="It awaits nothing; as a plain `def` FastAPI runs it in a thread.",
    )
