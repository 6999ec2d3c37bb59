"""All rows are loaded to count them.

## Why is this bad?
Every row crosses the network and becomes an object, for one number that the database knows.

## Example
```python
total = len((await session.scalars(select(User))).all())
```

## Use instead
```python
total = await session.scalar(select(func.count()).select_from(User))
```

## When to ignore
When the rows are used as well.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="QRY014",
    severity="warning",
    statements=("query.scalars", "repository.get-all"),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            async def count(session: AsyncSession) -> int:
                return len((await session.scalars(select(User))).all())  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select


            async def count(session: AsyncSession) -> int:
                result = await session.execute(select(User).where(User.active))
                return len(result.scalars().all())  # !
            """
        ),
        Good(
            """
            from sqlalchemy import func, select


            async def count(session: AsyncSession) -> int:
                return await session.scalar(select(func.count()).select_from(User))
            """
        ),
        Good(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> tuple[list[User], int]:
                users = (await session.scalars(select(User))).all()
                return list(users), len(users)
            """
        ),
        Good(
            """
            from sqlalchemy import delete


            async def sweep(session: AsyncSession, now: datetime) -> int:
                statement = delete(Token).where(Token.expires_at < now).returning(Token.id)
                return len((await session.scalars(statement)).all())
            """
        ),
        Good(
            """
            import sqlalchemy


            def count(shelf: Shelf) -> int:
                return len(shelf.all())
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            async def warm(session: AsyncSession) -> int:
                return len((await session.scalars(select(Flag))).all())  # !
            """,
            why="the rows may be loaded to fill the identity map",
        ),
        Miss(
            """
            from sqlalchemy import select


            async def count(session: AsyncSession) -> int:
                users = (await session.scalars(select(User))).all()
                return len(users)
            """,
            why="whether the variable is used for more is not followed",
        ),
    ),
)


@RULE.on_call("len")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    read = call.args[0] if len(call.args) == 1 else None
    if (
        not isinstance(read, ast.Call)
        or not isinstance(read.func, ast.Attribute)
        or read.func.attr not in ("all", "fetchall")
    ):
        return
    if context.file_layer != "test" and _comes_from_session(context, read.func.value):
        yield Problem(call, "All rows are loaded only to be counted; use `select(func.count())`.")


def _comes_from_session(context: Context, node: ast.expr) -> bool:
    while True:
        if isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("execute", "scalars", "query"):
                receiver = dotted(node.func.value)
                if receiver and context.sessions.is_session(receiver, node):
                    return node.func.attr == "query" or _only_reads(context, node)
            node = node.func.value
        elif isinstance(node, ast.Name) and (function := context.tree.runner(node)) is not None:
            given = context.tree.assigned(function, node.id)
            if len(given) != 1 or isinstance(given[0], ast.Name):
                return False
            node = given[0]
        else:
            return False


def _only_reads(context: Context, call: ast.Call) -> bool:
    """Whether the statement is no insertion, update or deletion that returns what it changed."""
    statement = context.queries.read(call.args[0]) if call.args else None
    return statement is None or statement.kind == "select"
