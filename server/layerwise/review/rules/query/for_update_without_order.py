"""Several rows are locked in no particular order.

## Why is this bad?
Two requests that lock the same rows in different orders wait for each other, until one fails with a deadlock error.

## Example
```python
select(Account).where(Account.id.in_(ids)).with_for_update()
```

## Use instead
```python
select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()
```

## Fix safety
Unsafe: it takes for granted that the model has an `id`.

## When to ignore
When another lock is always taken first.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.queries import Statement
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="QRY009",
    severity="warning",
    confidence="medium",
    statements=("query.select", "layer.repositories"),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            def lock(ids: list[int]) -> Select[tuple[Account]]:
                return select(Account).where(Account.id.in_(ids)).with_for_update()  # !
            """,
            fixed="""
            from sqlalchemy import select


            def lock(ids: list[int]) -> Select[tuple[Account]]:
                return select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()
            """,
        ),
        Bad(
            """
            from sqlalchemy import select


            async def lock(session: AsyncSession, ids: list[int]) -> list[Account]:
                statement = select(Account).where(Account.owner_id.in_(ids))
                return list(await session.scalars(statement.with_for_update(of=Account)))  # !
            """,
            fixed="""
            from sqlalchemy import select


            async def lock(session: AsyncSession, ids: list[int]) -> list[Account]:
                statement = select(Account).where(Account.owner_id.in_(ids))
                return list(await session.scalars(statement.order_by(Account.id).with_for_update(of=Account)))
            """,
        ),
        Good(
            """
            from sqlalchemy import select


            def lock(job_id: int) -> Select[tuple[Job]]:
                return select(Job).where(Job.id == job_id, Job.status.in_(["new", "failed"])).with_for_update()
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def lock(account_id: int) -> Select[tuple[Account]]:
                return select(Account).where(Account.id == account_id).with_for_update()
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def lock(ids: list[int]) -> Select[tuple[Account]]:
                return select(Account).where(Account.id.in_(ids)).order_by(Account.id).with_for_update()
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def claim(ids: list[int]) -> Select[tuple[Job]]:
                return select(Job).where(Job.id.in_(ids)).with_for_update(skip_locked=True)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            def lock(ids: list[int]) -> Select[tuple[Account]]:
                take_global_lock()
                return select(Account).where(Account.id.in_(ids)).with_for_update()  # !
            """,
            why="a lock that is always taken first rules the deadlock out",
        ),
        Miss(
            """
            from sqlalchemy import select


            def lock(owner_id: int) -> Select[tuple[Account]]:
                return select(Account).where(Account.owner_id == owner_id).with_for_update()
            """,
            why="how many rows an equality gives is not known in one file",
        ),
    ),
    evidence=("dstackai/dstack 55e527c0b",),
)


@RULE.on_call("with_for_update")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    statement = context.queries.read(context.queries.whole(call))
    if statement is None or statement.kind != "select" or keyword(call, "skip_locked") or keyword(call, "nowait"):
        return
    if statement.methods & {"order_by", "limit"} or not _is_for_many(context, statement):
        return
    yield Problem(
        call,
        "Several rows are locked in no order; lock them in the order of their key.",
        fix=_fix(context, statement, call),
    )


def _is_for_many(context: Context, statement: Statement) -> bool:
    """Whether rows are chosen by a list: of keys, or of states where no key says which row is meant."""
    conditions = [argument for step in statement.calls("where", "filter") for argument in step.args]
    has_key = any(_is_key_equality(node) for argument in conditions for node in ast.walk(argument))
    return any(
        isinstance(node, ast.Call)
        and callee_name(node) == "in_"
        and not _is_one(node)
        and not (has_key and node.args and isinstance(node.args[0], ast.List | ast.Tuple))
        for argument in conditions
        for node in ast.walk(argument)
    )


def _is_key_equality(node: ast.AST) -> bool:
    """`Notice.notice_id == notice_id`."""
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq)
        and isinstance(node.left, ast.Attribute)
        and re.search(r"(^|_)id$", node.left.attr) is not None
    )


def _is_one(call: ast.Call) -> bool:
    """`in_([account_id])`: a list of one."""
    given = call.args[0] if call.args else None
    return isinstance(given, ast.List | ast.Tuple) and len(given.elts) == 1


def _fix(context: Context, statement: Statement, call: ast.Call) -> Fix | None:
    if len(statement.entities) != 1 or not isinstance(call.func, ast.Attribute):
        return None
    entity = statement.entities[0]
    edit = context.source.insert(context.source.end(call.func.value), f".order_by({entity}.id)")
    return Fix((edit,), safe=False, reason=f"It takes for granted that `{entity}` has an `id`.")
