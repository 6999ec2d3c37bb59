"""An engine is created for each request.

## Why is this bad?
The engine is the connection pool: made anew each time, every request opens its own connection and leaves it behind.

## Example
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(settings.DATABASE_URL)
    async with AsyncSession(engine) as session:
        yield session
```

## Use instead
```python
engine = create_async_engine(settings.DATABASE_URL)

async def get_db() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as session:
        yield session
```

## When to ignore
In tests and in tools that run once.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SES010",
    severity="error",
    statements=("session.sessionmaker", "di.get-db", "structure.session"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


            async def get_db():
                engine = create_async_engine("postgresql+asyncpg://db/app")  # !
                async with AsyncSession(engine) as session:
                    yield session
            """
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import create_async_engine


            class UserRepository:
                async def connect(self) -> None:
                    self.engine = create_async_engine(self.url)  # !
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(settings.DATABASE_URL)
            """
        ),
        Good(
            """
            from contextlib import asynccontextmanager

            from sqlalchemy.ext.asyncio import create_async_engine


            @asynccontextmanager
            async def lifespan(app):
                engine = create_async_engine(settings.DATABASE_URL)
                yield
                await engine.dispose()
            """
        ),
        Good(
            """
            import pytest
            from sqlalchemy.ext.asyncio import create_async_engine


            @pytest.fixture
            async def engine():
                engine = create_async_engine("sqlite+aiosqlite://")
                yield engine
                await engine.dispose()
            """,
            path="tests/conftest.py",
        ),
        FalseAlarm(
            """
            from sqlalchemy import create_engine


            def get_engines():
                engine = create_engine(url)  # !
                yield engine
            """,
            why="a generator that is no dependency looks like one",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import create_async_engine


            def make_engine():
                return create_async_engine(url)
            """,
            why="whether the function runs once or for each request is decided elsewhere",
        ),
    ),
)


@RULE.on_call("create_async_engine", "create_engine")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    function = context.tree.runner(call)
    if function is None or not context.names.callee(call).startswith("sqlalchemy."):
        return
    if _runs_per_request(context, function):
        yield Problem(call, f"`{function.name}` makes a new engine, and with it a new pool, each time it runs.")


def _runs_per_request(context: Context, function: Function) -> bool:
    layer = context.layer(function)
    if layer in ("test", "migration", "script") or any("cache" in ast.dump(each) for each in function.decorator_list):
        return False
    if any("contextmanager" in ast.dump(each) or "fixture" in ast.dump(each) for each in function.decorator_list):
        return False
    yields = bool(context.tree.body_of(function, ast.Yield))
    inside = layer in ("endpoint", "service", "repository") and context.tree.klass(function) is not None
    return yields or function in context.route_functions or (inside and function.name != "__init__")
