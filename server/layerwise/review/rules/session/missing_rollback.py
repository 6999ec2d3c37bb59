"""A session dependency commits but never rolls back.

## Why is this bad?
When the endpoint or the commit fails, the transaction stays open on a connection that goes back to the pool.

## Example
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    session = SessionLocal()
    yield session
    await session.commit()
    await session.close()
```

## Use instead
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
            raise
```

## Fix safety
Safe: the rollback runs only where the exception would have passed through anyway.

## When to ignore
When a context manager around the session, which is not `AsyncSession` itself, rolls back.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import SessionCall
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SES008",
    severity="warning",
    statements=("session.commit", "di.get-db"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def get_db():
                async with SessionLocal() as session:
                    yield session
                    await session.commit()  # !
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def get_db():
                async with SessionLocal() as session:
                    try:
                        yield session
                        await session.commit()
                    except Exception:
                        await session.rollback()
                        raise
            """,
        ),
        Bad(
            """
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine)


            def get_db():
                session = SessionLocal()
                try:
                    yield session
                    session.commit()  # !
                finally:
                    session.close()
            """,
            fixed="""
            from sqlalchemy.orm import sessionmaker

            SessionLocal = sessionmaker(engine)


            def get_db():
                session = SessionLocal()
                try:
                    try:
                        yield session
                        session.commit()
                    except Exception:
                        session.rollback()
                        raise
                finally:
                    session.close()
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def get_db():
                async with SessionLocal() as session:
                    try:
                        yield session
                        await session.commit()
                    except BaseException:
                        await session.rollback()
                        raise
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def get_db():
                async with SessionLocal() as session:
                    yield session
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker

            SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


            async def get_db():
                async with SessionLocal.begin() as session:
                    yield session
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def get_db():
                async with AsyncSession(engine) as session:
                    yield session
                    await session.commit()  # !
            """,
            why="closing the session rolls back as well; the statement wants it said",
        ),
        Miss(
            """
            from app.db import open_unit


            async def get_unit():
                async with open_unit() as unit:
                    yield unit
                    await unit.commit()
            """,
            why="nothing says that `unit` is a session",
        ),
    ),
)


@RULE.on(ast.Yield)
def check(context: Context, node: ast.Yield) -> Iterator[Problem]:
    function = context.tree.runner(node)
    if function is None or not isinstance(node.value, ast.Name) or context.file_layer == "test":
        return
    calls = [call for call in context.sessions.calls_in(function) if call.receiver == node.value.id]
    if any(call.method == "rollback" for call in calls) or context.tree.loop(node) is not None:
        return
    commit = next((call for call in calls if call.method == "commit" and call.node.lineno > node.lineno), None)
    if commit is not None:
        yield Problem(
            commit.node,
            f"`{function.name}` commits `{commit.receiver}`, but says no `rollback()` for when something fails.",
            fix=_fix(context, function, node, commit),
        )


def _fix(context: Context, function: Function, node: ast.Yield, commit: SessionCall) -> Fix | None:
    """Wrap the statements from the yield to the commit in try, when they stand in one block and are whole lines."""
    tree, source = context.tree, context.source
    first, last = tree.statement(node), tree.statement(commit.node)
    if tree.parent(first) is not tree.parent(last):
        return None
    start, end = first.lineno, last.end_lineno or last.lineno
    indent, newline = source.indent(first), source.newline
    step = "\t" if "\t" in indent else "    "
    wait = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    body = [f"{step}{line}" if line.strip() else line for line in source.lines[start - 1 : end]]
    lines = [
        f"{indent}try:",
        *body,
        f"{indent}except Exception:",
        f"{indent}{step}{wait}{commit.receiver}.rollback()",
        f"{indent}{step}raise",
    ]
    edit = Edit(context.path, source.line_start(start), source.line_start(end + 1), newline.join(lines) + newline)
    return Fix((edit,), safe=True, reason="The exception passes on as before, after the rollback.")
