"""A step is added to a statement and thrown away.

## Why is this bad?
Statements do not change: without an assignment the filter is missing from the query.

## Example
```python
statement = select(User)
statement.where(User.active)
```

## Use instead
```python
statement = select(User)
statement = statement.where(User.active)
```

## Fix safety
Unsafe: the query gives other rows than before, which is what the code says.

## When to ignore
When the object is a builder of your own that changes itself.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.queries import STEPS
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="QRY018",
    severity="error",
    statements=("query.select",),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            def find(active: bool) -> Select[tuple[User]]:
                statement = select(User)
                if active:
                    statement.where(User.active)  # !
                return statement
            """,
            fixed="""
            from sqlalchemy import select


            def find(active: bool) -> Select[tuple[User]]:
                statement = select(User)
                if active:
                    statement = statement.where(User.active)
                return statement
            """,
        ),
        Bad(
            """
            from sqlalchemy import delete


            async def remove(session: AsyncSession, user_id: int) -> None:
                query = delete(User).where(User.id == user_id)
                query.returning(User.id).execution_options(synchronize_session=False)  # !
                await session.execute(query)
            """,
            fixed="""
            from sqlalchemy import delete


            async def remove(session: AsyncSession, user_id: int) -> None:
                query = delete(User).where(User.id == user_id)
                query = query.returning(User.id).execution_options(synchronize_session=False)
                await session.execute(query)
            """,
        ),
        Good(
            """
            from sqlalchemy import select


            def find(active: bool) -> Select[tuple[User]]:
                statement = select(User)
                if active:
                    statement = statement.where(User.active)
                return statement
            """
        ),
        Good(
            """
            def paint(canvas: Canvas) -> None:
                canvas.filter("blur")
                canvas.options(width=3)
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def find(names: list[str]) -> list[str]:
                query = select(User)
                names.append(str(query.where(User.active)))
                return names
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            def find(wrap: Wrap) -> Wrap:
                query = select(User)
                query = wrap(query)
                query.where(User.active)  # !
                return query
            """,
            why="a wrapper that changes itself, stored in the same variable",
        ),
        Miss(
            """
            def narrow(query: Select[tuple[User]]) -> Select[tuple[User]]:
                query.where(User.active)
                return query
            """,
            why="parameters are not taken for statements",
        ),
    ),
)


@RULE.on(ast.Expr)
def check(context: Context, node: ast.Expr) -> Iterator[Problem]:
    if not isinstance(node.value, ast.Call):
        return
    head: ast.expr = node.value
    names: list[str] = []
    while isinstance(head, ast.Call) and isinstance(head.func, ast.Attribute):
        names.append(head.func.attr)
        head = head.func.value
    if isinstance(head, ast.Name) and STEPS.issuperset(names) and context.queries.read(head) is not None:
        yield Problem(
            node,
            f"`{head.id}.{names[-1]}(...)` makes a new statement that is thrown away; `{head.id}` stays as it was.",
            fix=Fix(
                (context.source.insert(context.source.start(node), f"{head.id} = "),),
                safe=False,
                reason="The query gives other rows than before, as the code says.",
            ),
        )
