"""Tests run on the database that the settings name.

## Why is this bad?
Whoever starts the tests with the wrong environment writes to, and often empties, a database that somebody needs.

## Example
```python
@pytest.fixture
async def db_session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(settings.DATABASE_URL)
    async with AsyncSession(engine) as session:
        yield session
```

## Use instead
```python
@pytest.fixture
async def db_session() -> AsyncIterator[AsyncSession]:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with AsyncSession(engine) as session:
        yield session
```

## When to ignore
When the settings are replaced before the tests import them.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="TST009",
    severity="warning",
    confidence="medium",
    statements=("testing.db-session",),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            import pytest
            from app.config import settings
            from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


            @pytest.fixture
            async def db_session():
                engine = create_async_engine(settings.DATABASE_URL)  # !
                async with AsyncSession(engine) as session:
                    yield session
            """,
            path="tests/conftest.py",
        ),
        Bad(
            """
            from app.config import get_settings
            from sqlalchemy import create_engine

            engine = create_engine(str(get_settings().database_url))  # !
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import create_async_engine


            def make_engine(settings: Settings, name: str) -> AsyncEngine:
                return create_async_engine(settings.database_url.rsplit("/", 1)[0] + f"/{name}")
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            import pytest
            from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


            @pytest.fixture
            async def db_session():
                engine = create_async_engine("sqlite+aiosqlite://")
                async with AsyncSession(engine) as session:
                    yield session
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            from app.config import settings
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(settings.TEST_DATABASE_URL)
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            from app.config import settings
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(settings.DATABASE_URL)
            """,
            path="app/db/session.py",
        ),
        FalseAlarm(
            """
            import os

            os.environ["DATABASE_URL"] = "sqlite+aiosqlite://"

            from app.config import settings
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(settings.DATABASE_URL)  # !
            """,
            path="tests/conftest.py",
            why="what the environment says by then is not followed",
        ),
    ),
)
_CONFIGURED = re.compile(r"(settings|config)(\(\))?\.\w*(database|db|sqlalchemy|postgres)\w*ur[li]\w*", re.IGNORECASE)


@RULE.on_call("create_async_engine", "create_engine")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.file_layer != "test" or not call.args:
        return
    text = ast.unparse(call.args[0])
    if _CONFIGURED.search(text) and "test" not in text.lower() and not isinstance(call.args[0], ast.BinOp):
        yield Problem(call, f"The tests use `{context.text(call.args[0])}`, whatever database that is just now.")
