"""An IntegrityError is caught and the session used on, without rollback or savepoint.

## Why is this bad?
The failed statement ended the transaction: the next use of the session raises PendingRollbackError.

## Example
```python
async def add_tag(session: AsyncSession, tag: Tag) -> None:
    try:
        session.add(tag)
        await session.flush()
    except IntegrityError:
        logger.info("tag exists")
```

## Use instead
```python
async def add_tag(session: AsyncSession, tag: Tag) -> None:
    try:
        async with session.begin_nested():
            session.add(tag)
    except IntegrityError:
        logger.info("tag exists")
```

## When to ignore
When nothing uses the session afterwards.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SES016",
    severity="error",
    statements=("session.commit", "service.exceptions"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_tag(session: AsyncSession, tag: Tag) -> Tag | None:
                try:
                    session.add(tag)
                    await session.flush()
                except IntegrityError:  # !
                    return await session.get(Tag, tag.id)
                return tag
            """
        ),
        Bad(
            """
            import logging

            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.orm import Session

            logger = logging.getLogger(__name__)


            def add_tags(db: Session, tags: list[Tag]) -> None:
                for tag in tags:
                    try:
                        db.add(tag)
                        db.flush()
                    except IntegrityError:  # !
                        logger.info("tag exists")
            """
        ),
        Good(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def save(session: AsyncSession) -> None:
                try:
                    await session.flush()
                except IntegrityError:
                    await roll_back_and_refuse("taken", session=session)
            """
        ),
        Good(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_tag(session: AsyncSession, tag: Tag) -> None:
                try:
                    async with session.begin_nested():
                        session.add(tag)
                        await session.flush()
                except IntegrityError:
                    await session.refresh(owner)
            """
        ),
        Good(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_tag(session: AsyncSession, tag: Tag) -> None:
                session.add(tag)
                try:
                    await session.flush()
                except IntegrityError as error:
                    raise ConflictError("tag") from error
            """
        ),
        Good(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_tag(session: AsyncSession, tag: Tag) -> Tag | None:
                session.add(tag)
                try:
                    await session.flush()
                except IntegrityError:
                    await session.rollback()
                    return None
                return tag
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.exc import IntegrityError
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_last(session: AsyncSession, tag: Tag) -> bool:
                session.add(tag)
                try:
                    await session.flush()
                except IntegrityError:  # !
                    return False
                return True
            """,
            why="the caller may roll back when it is told False",
        ),
        Miss(
            """
            from sqlalchemy.exc import IntegrityError


            async def add_tag(repository: TagRepository, tag: Tag) -> None:
                try:
                    await repository.create(tag)
                except IntegrityError:
                    return None
            """,
            why="the session is inside the repository",
        ),
    ),
    evidence=("Arize-ai/phoenix 6cea2cf3b1", "Netflix/dispatch 3022b4d870"),
)


@RULE.on(ast.ExceptHandler)
def check(context: Context, node: ast.ExceptHandler) -> Iterator[Problem]:
    if node.type is None or not any(
        context.names.is_any(each, "sqlalchemy.exc.IntegrityError")
        for each in (node.type.elts if isinstance(node.type, ast.Tuple) else [node.type])
    ):
        return
    block = context.tree.parent(node)
    function = context.tree.runner(node)
    if not isinstance(block, ast.Try) or function is None:
        return
    inside = {each for statement in block.body for each in context.tree.within(statement)}
    sent = [
        call
        for call in context.sessions.calls_in(function)
        if call.node in inside and call.method in ("flush", "execute", "commit") and not _is_nested(context, call.node)
    ]
    mended = any(
        isinstance(each, ast.Raise)
        or (isinstance(each, ast.Attribute) and each.attr in ("rollback", "raise_for_status"))
        for each in context.tree.within(node)
    )
    handed = sent and any(
        isinstance(each, ast.Call) and any(dotted(given) == sent[0].receiver for given in _given(each))
        for each in context.tree.within(node)
    )
    if sent and not mended and not handed and not isinstance(block.body[0], ast.AsyncWith):
        yield Problem(
            node,
            f"After this IntegrityError `{sent[0].receiver}` needs a rollback before it can be used; use a savepoint.",
        )


def _given(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call, to which a helper that rolls back is handed its session."""
    return [*call.args, *(word.value for word in call.keywords)]


def _is_nested(context: Context, node: ast.AST) -> bool:
    """Whether a `begin_nested()` or `begin()` block, which rolls back for itself, holds the call."""
    return any(
        isinstance(around, ast.With | ast.AsyncWith)
        and any("begin" in ast.dump(item.context_expr) for item in around.items)
        for around in context.tree.ancestors(node)
    )
