"""Async sessions expire their objects on commit.

## Why is this bad?
After a commit every attribute of every loaded object must be read again, and under asyncio that read raises
MissingGreenlet when the response is built.

## Example
```python
async_session = async_sessionmaker(engine)
```

## Use instead
```python
async_session = async_sessionmaker(engine, expire_on_commit=False)
```

## Fix safety
Unsafe: code that relies on objects being read again after a commit must now refresh them.

## When to ignore
When objects are always refreshed after a commit.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SES005",
    severity="warning",
    statements=("session.expire", "session.sessionmaker"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine)  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(bind=engine, expire_on_commit=True)  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(bind=engine, expire_on_commit=False)
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(  # !
                engine,
                autoflush=False,
            )
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(
                engine,
                autoflush=False, expire_on_commit=False,
            )
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
            """
        ),
        Good(
            """
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine)
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, **options)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            worker_session = async_sessionmaker(engine)  # !
            """,
            why="a worker that never reads an object after its commit is not hurt",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import AsyncSession

            session = AsyncSession(engine)
            """,
            why="sessions made one by one are another rule's matter",
        ),
    ),
    evidence=("google/adk-python #5761",),
)


@RULE.on_call("async_sessionmaker")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) != "sqlalchemy.ext.asyncio.async_sessionmaker":
        return
    given = {word.arg: word.value for word in call.keywords}
    expire = given.get("expire_on_commit")
    if None in given or (expire is not None and not (isinstance(expire, ast.Constant) and expire.value is True)):
        return
    source = context.source
    if expire is not None:
        edit = source.replace(expire, "False")
    else:
        edit = source.add_argument(call, "expire_on_commit=False")
    yield Problem(
        call,
        "This session maker expires objects on commit; reading one afterwards raises MissingGreenlet.",
        fix=Fix((edit,), safe=False, reason="Code that relies on a fresh read after commit must refresh the object."),
    )
