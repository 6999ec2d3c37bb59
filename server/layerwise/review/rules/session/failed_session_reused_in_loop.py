"""A loop goes on with a session that a caught error has left unusable.

## Why is this bad?
After a failed statement the session's transaction is dead: every later round of the loop raises PendingRollbackError,
so one bad item takes all the others with it.

## Example
```python
async def import_all(session: AsyncSession, items: list[Item]) -> None:
    for item in items:
        try:
            session.add(Row(name=item.name))
            await session.flush()
        except Exception:
            logger.exception("skipped %s", item.name)
```

## Use instead
```python
async def import_all(session: AsyncSession, items: list[Item]) -> None:
    for item in items:
        try:
            async with session.begin_nested():
                session.add(Row(name=item.name))
        except Exception:
            logger.exception("skipped %s", item.name)
```

## When to ignore
When what is called rolls the session back itself.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.sessions import WRITES
from layerwise.review.tree import callee_name, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SES019",
    severity="error",
    confidence="medium",
    statements=("session.commit", "repository.create"),
    cases=(
        Bad(
            """
            import logging

            from sqlalchemy.ext.asyncio import AsyncSession

            logger = logging.getLogger(__name__)


            async def import_all(session: AsyncSession, names: list[str]) -> None:
                for name in names:
                    try:
                        session.add(Row(name=name))
                        await session.flush()
                    except Exception:  # !
                        logger.exception("skipped %s", name)
            """
        ),
        Bad(
            """
            import logging

            from sqlalchemy.orm import Session

            logger = logging.getLogger(__name__)


            def consume(db_session: Session, messages: list[Message]) -> None:
                for message in messages:
                    try:
                        signal = create_signal(db_session=db_session, message=message)
                    except Exception:  # !
                        logger.exception("failed")
                        continue
                    logger.info("received %s", signal)
            """
        ),
        Good(
            """
            import logging

            from sqlalchemy.ext.asyncio import AsyncSession

            logger = logging.getLogger(__name__)


            async def import_all(session: AsyncSession, names: list[str]) -> None:
                for name in names:
                    try:
                        async with session.begin_nested():
                            session.add(Row(name=name))
                    except Exception:
                        logger.exception("skipped %s", name)
            """
        ),
        Good(
            """
            import logging

            from sqlalchemy.ext.asyncio import AsyncSession

            logger = logging.getLogger(__name__)


            async def import_all(session: AsyncSession, names: list[str]) -> None:
                for name in names:
                    try:
                        session.add(Row(name=name))
                        await session.flush()
                    except Exception:
                        logger.exception("stopped at %s", name)
                        await session.rollback()
            """
        ),
        Good(
            """
            import logging

            from app.db import open_session

            logger = logging.getLogger(__name__)


            async def import_all(names: list[str]) -> None:
                for name in names:
                    try:
                        async with open_session() as session:
                            session.add(Row(name=name))
                            await session.commit()
                    except Exception:
                        logger.exception("skipped %s", name)
            """
        ),
        FalseAlarm(
            """
            import logging

            from sqlalchemy.orm import Session

            logger = logging.getLogger(__name__)


            def consume(session: Session, names: list[str]) -> None:
                for name in names:
                    try:
                        save_safely(session, name)
                    except ValueError:
                        logger.warning("bad name %s", name)
                    except Exception:  # !
                        logger.exception("failed")
            """,
            why="that `save_safely` rolls back by itself is not followed",
        ),
    ),
    evidence=("Netflix/dispatch 3022b4d870",),
)
_DATABASE_ERRORS = frozenset({"Exception", "BaseException", "SQLAlchemyError", "IntegrityError", "DBAPIError"})
_WRITER = re.compile(r"^_?(async_)?(create|insert|save|add|update|upsert|store|persist|record|import|delete|process)")


@RULE.on(ast.Try)
def check(context: Context, node: ast.Try) -> Iterator[Problem]:
    loop = context.tree.loop(node)
    if not isinstance(loop, ast.For | ast.AsyncFor | ast.While) or context.file_layer in ("test", "script"):
        return
    session = _written_session(context, node, loop)
    for handler in node.handlers if session else ():
        names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        caught = {dotted(name).rpartition(".")[2] if name is not None else "Exception" for name in names}
        if caught & _DATABASE_ERRORS and not _leaves_or_mends(context, handler):
            yield Problem(handler, f"The loop goes on with `{session}` after an error that has ended its transaction.")


def _written_session(context: Context, node: ast.Try, loop: ast.AST) -> str:
    """A session from outside the loop that the try block writes with, outside of any savepoint; empty when none."""
    own = {
        each.id for each in context.tree.within(loop) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for inner in (each for statement in node.body for each in context.tree.within(statement)):
        if isinstance(inner, ast.With | ast.AsyncWith) and "begin" in ast.unparse(inner.items[0].context_expr):
            return ""
        if not isinstance(inner, ast.Call):
            continue
        receiver = dotted(inner.func.value) if isinstance(inner.func, ast.Attribute) else ""
        given = [receiver] if callee_name(inner) in WRITES else []
        if _WRITER.match(callee_name(inner)):
            given += [dotted(argument) for argument in (*inner.args, *(word.value for word in inner.keywords))]
        for name in given:
            if name and name.partition(".")[0] not in own and context.sessions.kind(name, inner) is not None:
                return name
    return ""


def _leaves_or_mends(context: Context, handler: ast.ExceptHandler) -> bool:
    """Whether a handler rolls back, or leaves the loop."""
    return any(
        isinstance(each, ast.Raise | ast.Return | ast.Break)
        or (isinstance(each, ast.Attribute) and each.attr in ("rollback", "close", "invalidate"))
        for each in context.tree.within(handler)
    )
