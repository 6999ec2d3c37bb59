"""An UPDATE or DELETE has no WHERE.

## Why is this bad?
It changes every row of the table.

## Example
```python
await session.execute(delete(Token))
```

## Use instead
```python
await session.execute(delete(Token).where(Token.expires_at < now))
```

## When to ignore
When the whole table is meant; then say so in a comment.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="QRY015",
    severity="warning",
    statements=("repository.delete", "repository.update"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import delete


            async def sweep(session: AsyncSession) -> None:
                await session.execute(delete(Token))  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import update


            async def reset(session: AsyncSession) -> None:
                statement = update(User).values(active=False)
                await session.execute(statement)  # !
            """
        ),
        Good(
            """
            from sqlalchemy import delete


            async def sweep(session: AsyncSession, now: datetime) -> None:
                await session.execute(delete(Token).where(Token.expires_at < now))
            """
        ),
        Good(
            """
            from sqlalchemy import update


            async def save(session: AsyncSession, rows: list[dict[str, int]]) -> None:
                await session.execute(update(User), rows)
            """
        ),
        Good(
            """
            from sqlalchemy import delete


            async def clear_audit_log(session: AsyncSession) -> None:
                await session.execute(delete(AuditEntry))
            """
        ),
        Good(
            """
            from app.crud import delete


            async def sweep(session: AsyncSession, token: Token) -> None:
                await session.execute(delete(token))
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import delete


            async def refresh(session: AsyncSession) -> None:
                await session.execute(delete(SearchIndex))  # !
            """,
            why="a table that is built anew is meant to be emptied",
        ),
        Miss(
            """
            from sqlalchemy import text


            async def sweep(session: AsyncSession) -> None:
                await session.execute(text("DELETE FROM tokens"))
            """,
            why="SQL text is not read",
        ),
    ),
)
# Names that say that the table is meant to be emptied.
_EMPTIES = re.compile(r"(^|_)(clear|truncate|wipe|purge|empty|rebuild|all)(_|$)")


@RULE.on_call("execute", "scalars", "scalar")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if len(call.args) != 1 or call.keywords or context.file_layer in ("test", "migration", "script"):
        return
    statement = context.queries.read(call.args[0])
    if statement is None or statement.kind not in ("update", "delete") or not statement.root.args:
        return
    function = context.tree.runner(call)
    if function is not None and _EMPTIES.search(function.name):
        return
    if not statement.methods & {"where", "filter", "filter_by"}:
        entity = context.text(statement.root.args[0])
        yield Problem(call, f"This {statement.kind} changes every row of `{entity}`; add `.where(...)`.")
