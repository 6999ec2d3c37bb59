"""A dependency with `yield` catches an exception and does not raise it again.

## Why is this bad?
FastAPI is never told of the exception: a 404 that the endpoint raised reaches the client as a 500.

## Example
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
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
Safe: the `raise` comes after what the handler does, and FastAPI requires it.

## When to ignore
Never in a dependency. In a context manager that is meant to suppress the exception.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SES009",
    severity="error",
    statements=("session.commit", "di.get-db", "dont.except"),
    cases=(
        Bad(
            """
            from app.db import SessionLocal


            async def get_db():
                async with SessionLocal() as session:
                    try:
                        yield session
                        await session.commit()
                    except Exception:  # !
                        await session.rollback()
            """,
            fixed="""
            from app.db import SessionLocal


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
            import logging

            from sqlalchemy.exc import SQLAlchemyError

            logger = logging.getLogger(__name__)


            def get_session():
                session = SessionLocal()
                try:
                    yield session
                except SQLAlchemyError as error:  # !
                    logger.error("rolled back: %s", error)
                    session.rollback()
                finally:
                    session.close()
            """,
            fixed="""
            import logging

            from sqlalchemy.exc import SQLAlchemyError

            logger = logging.getLogger(__name__)


            def get_session():
                session = SessionLocal()
                try:
                    yield session
                except SQLAlchemyError as error:
                    logger.error("rolled back: %s", error)
                    session.rollback()
                    raise
                finally:
                    session.close()
            """,
        ),
        Good(
            """
            async def get_db():
                async with SessionLocal() as session:
                    try:
                        yield session
                        await session.commit()
                    except Exception:
                        await session.rollback()
                        raise
            """
        ),
        Good(
            """
            async def get_events(queue):
                while True:
                    try:
                        yield await queue.get()
                    except ValueError:
                        await queue.reset()
            """
        ),
        Good(
            """
            async def get_db():
                async with SessionLocal() as session:
                    yield session
            """
        ),
        FalseAlarm(
            """
            from app.db import SessionLocal


            def get_quiet_session():
                with SessionLocal() as session:
                    try:
                        yield session
                    except Exception:  # !
                        log_and_raise(session)
            """,
            why="the exception is raised again in a function that is called here",
        ),
        Miss(
            """
            import contextlib


            async def get_db():
                async with SessionLocal() as session:
                    with contextlib.suppress(Exception):
                        yield session
            """,
            why="the exception is swallowed by a context manager",
        ),
    ),
)
_BROAD = ("Exception", "BaseException", "HTTPException", "SQLAlchemyError", "DBAPIError", "IntegrityError")


@RULE.on(ast.Try)
def check(context: Context, node: ast.Try) -> Iterator[Problem]:
    function = context.tree.runner(node)
    if function is None or not _yields_once_in(context, node, function) or not _is_dependency(context, function):
        return
    for handler in node.handlers:
        if _is_broad(context, handler) and not _leaves(handler):
            indent = context.source.indent(handler.body[-1])
            end = context.source.line_start((handler.end_lineno or handler.lineno) + 1)
            text = f"{indent}raise{context.source.newline}"
            if not context.source.text[:end].endswith(("\n", "\r")):
                text = f"{context.source.newline}{indent}raise"
            yield Problem(
                handler,
                f"`{function.name}` swallows the exception that reaches its `yield`: the client gets a 500 instead.",
                fix=Fix((context.source.insert(end, text),), safe=True, reason="FastAPI needs the exception back."),
            )


def _yields_once_in(context: Context, node: ast.Try, function: Function) -> bool:
    yields = context.tree.body_of(function, ast.Yield)
    if len(yields) != 1 or context.tree.loop(yields[0]) is not None:
        return False
    return any(yields[0] in context.tree.within(statement) for statement in node.body)


def _is_dependency(context: Context, function: Function) -> bool:
    """Used in `Depends`, or a generator named and placed like one; context managers may suppress on purpose."""
    if any(
        "contextmanager" in ast.dump(decorator) or "fixture" in ast.dump(decorator)
        for decorator in function.decorator_list
    ):
        return False
    if any(
        isinstance(argument, ast.Name) and argument.id == function.name
        for call in context.calls("Depends")
        for argument in call.args
    ):
        return True
    return function.name.lstrip("_").startswith(("get_", "provide_", "with_")) and context.file_layer != "test"


def _is_broad(context: Context, handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        isinstance(each, ast.Name | ast.Attribute) and ast.unparse(each).rpartition(".")[2] in _BROAD for each in types
    )


def _leaves(handler: ast.ExceptHandler) -> bool:
    """Whether the handler raises somewhere, or ends in a way after which nothing can be put."""
    if any(isinstance(node, ast.Raise) for node in ast.walk(handler)):
        return True
    return isinstance(handler.body[-1], ast.Return | ast.Continue | ast.Break)
