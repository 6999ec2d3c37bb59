"""An async engine is given the URL of a sync driver.

## Why is this bad?
The engine refuses to start: the driver that the URL names is not async.

## Example
```python
engine = create_async_engine("postgresql://db/app")
```

## Use instead
```python
engine = create_async_engine("postgresql+asyncpg://db/app")
```

## Fix safety
Safe where the URL names a sync driver, with which the engine cannot be made at all. Unsafe for plain `postgresql://`,
whose default driver is an async one from SQLAlchemy 2.1 on.

## When to ignore
When the URL is rewritten before it is used.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="CFG006",
    severity="error",
    statements=("config.database-url", "dont.mix-sync"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("postgresql://db/app")  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("postgresql+asyncpg://db/app")
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext import asyncio as sa

            engine = sa.create_async_engine(url="sqlite:///./app.db", echo=False)  # !
            """,
            fixed="""
            from sqlalchemy.ext import asyncio as sa

            engine = sa.create_async_engine(url="sqlite+aiosqlite:///./app.db", echo=False)
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("postgresql+asyncpg://db/app")
            """
        ),
        Good(
            """
            from sqlalchemy import create_engine

            engine = create_engine("postgresql://db/app")
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine(settings.DATABASE_URL)
            """
        ),
        FalseAlarm(
            """
            from app.db import create_async_engine as make
            from sqlalchemy.ext.asyncio import create_async_engine

            engine = create_async_engine("postgresql://db/app", creator=make)  # !
            """,
            why="an own creator may ignore the URL",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import create_async_engine

            URL = "postgresql://db/app"
            engine = create_async_engine(URL)
            """,
            why="variables are not followed",
        ),
    ),
)
_DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mysql+pymysql": "mysql+aiomysql",
}


@RULE.on_call("create_async_engine")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    given = next((word.value for word in call.keywords if word.arg == "url"), call.args[0] if call.args else None)
    if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
        return
    scheme = given.value.partition("://")[0]
    if scheme in _DRIVERS and context.names.callee(call) == "sqlalchemy.ext.asyncio.create_async_engine":
        start = context.source.text.index(scheme, context.source.start(given))
        edit = Edit(context.path, start, start + len(scheme), _DRIVERS[scheme])
        by_default = scheme == "postgresql"
        what = (
            "leaves the driver to a default that is sync before SQLAlchemy 2.1" if by_default else "names a sync driver"
        )
        reason = "Another default driver may be installed." if by_default else "With the sync driver no engine is made."
        yield Problem(
            given,
            f"`{scheme}://` {what}; the async engine needs `{_DRIVERS[scheme]}://`.",
            fix=Fix((edit,), safe=not by_default, reason=reason),
        )
