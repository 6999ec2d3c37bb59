"""A session is made where it should be injected.

## Why is this bad?
It is outside the request's transaction and cannot be replaced in a test; one for the module is shared by all requests.

## Example
```python
@router.get("/users")
async def read_users() -> list[UserResponse]:
    async with SessionLocal() as session:
        return await UserService(session).get_all()
```

## Use instead
```python
@router.get("/users")
async def read_users(session: AsyncSession = Depends(get_db)) -> list[UserResponse]:
    return await UserService(session).get_all()
```

## When to ignore
In workers and commands, which have no request.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SES011",
    severity="warning",
    statements=("session.injected", "do.di", "di.get-db"),
    cases=(
        Bad(
            """
            from app.db import SessionLocal
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users() -> list[UserResponse]:
                async with SessionLocal() as session:  # !
                    return await UserService(session).get_all()
            """
        ),
        Bad(
            """
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine)
            session = SessionLocal()  # !
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/users")
            async def read_users(session: AsyncSession = Depends(get_db)) -> list[UserResponse]:
                return await UserService(session).get_all()
            """
        ),
        Good(
            """
            from app.db import SessionLocal


            async def get_db():
                async with SessionLocal() as session:
                    yield session
            """
        ),
        Good(
            """
            from app.db import SessionLocal


            async def sweep() -> None:
                async with SessionLocal() as session:
                    await session.execute(OLD_TOKENS)
            """,
            path="app/workers/sweep.py",
        ),
        FalseAlarm(
            """
            from app.db import SessionLocal
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/events")
            async def read_events() -> list[EventResponse]:
                async with SessionLocal() as session:  # !
                    events = await EventService(session).latest()
                return await enrich(events)
            """,
            why="a short session before slow work is a good reason, which the rule does not see",
        ),
        Miss(
            """
            from app.db import open_session
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users() -> list[UserResponse]:
                async with open_session() as session:
                    return await UserService(session).get_all()
            """,
            why="what the function opens is not known",
        ),
    ),
)


_MAKERS = ("SessionLocal", "AsyncSessionLocal", "SessionFactory", "async_session", "AsyncSession", "Session")


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    if context.file_layer in ("test", "script", "migration"):
        return
    names = {*_MAKERS, *(name.rpartition(".")[2] for name in context.sessions.makers)}
    for call in context.calls(*sorted(names)):
        if not _makes_session(context, call):
            continue
        function = context.tree.runner(call)
        if function is not None and function in context.route_functions:
            yield Problem(call, f"`{function.name}` makes its own session; take it as a dependency.")
        elif function is None and (name := _module_variable(context, call)):
            yield Problem(call, f"`{name}` is one session for the whole process.")


def _module_variable(context: Context, call: ast.Call) -> str:
    """The variable of the module that the call's result is assigned to; empty when there is none."""
    parent = context.tree.parent(call)
    if not isinstance(parent, ast.Assign) or parent not in context.tree.root.body:
        return ""
    return dotted(parent.targets[0])


def _makes_session(context: Context, call: ast.Call) -> bool:
    if context.sessions.kind_of_value(call) is not None:
        return True
    return dotted(call.func).rpartition(".")[2] in _MAKERS[:4]
