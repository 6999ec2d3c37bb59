"""`sessionmaker` is made to build async sessions.

## Why is this bad?
It works, but every type checker takes the result for a sync `Session`, so a missing `await` goes unseen.

## Example
```python
SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
```

## Use instead
```python
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
```

## Fix safety
Safe: `async_sessionmaker` makes the same sessions.

## When to ignore
On SQLAlchemy 1.4, which has no `async_sessionmaker`.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="SES015",
    severity="warning",
    statements=("session.sessionmaker",),
    requires=("sqlalchemy",),
    versions={"sqlalchemy": ">=2.0"},
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
            """,
        ),
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
            from sqlalchemy.orm import DeclarativeBase, sessionmaker

            engine = create_async_engine(url)
            SessionLocal = sessionmaker(  # !
                bind=engine,
                expire_on_commit=False,
                class_=AsyncSession
            )


            class Base(DeclarativeBase):
                pass
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
            from sqlalchemy.orm import DeclarativeBase

            engine = create_async_engine(url)
            SessionLocal = async_sessionmaker(
                bind=engine,
                expire_on_commit=False
            )


            class Base(DeclarativeBase):
                pass
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
            from sqlalchemy.orm import Session, sessionmaker

            SessionLocal = sessionmaker(engine, class_=Session)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession
            from sqlalchemy.orm import sessionmaker

            LegacySession = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # !
            """,
            why="a project that must also run on SQLAlchemy 1.4 has no other way",
        ),
        Miss(
            """
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine, class_=ProjectSession)
            """,
            why="that `ProjectSession` is async is said in another file",
        ),
    ),
)


@RULE.on_call("sessionmaker")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) != "sqlalchemy.orm.sessionmaker":
        return
    word = next((word for word in call.keywords if word.arg == "class_"), None)
    if word is None or not context.names.is_any(word.value, "sqlalchemy.ext.asyncio.AsyncSession"):
        return
    old = call.func.id if isinstance(call.func, ast.Name) else ""
    local, imports = context.imports.swap(old, "sqlalchemy.ext.asyncio.async_sessionmaker", uses=1)
    edits = (
        context.source.replace(call.func, local),
        context.source.drop_argument(call, word),
        *imports,
    )
    yield Problem(
        call,
        f"`{context.text(call.func)}` makes AsyncSession objects, but is typed as making sync ones.",
        fix=Fix(edits, safe=True, reason="async_sessionmaker makes the same sessions, with the right type."),
    )
