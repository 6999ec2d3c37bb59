"""A missing row is checked for after a method that raises when there is none.

## Why is this bad?
`scalar_one()` raises NoResultFound, so the check never runs and the client gets a 500 instead of a 404.

## Example
```python
user = result.scalar_one()
if user is None:
    raise NotFoundError("User", user_id)
```

## Use instead
```python
user = result.scalar_one_or_none()
if user is None:
    raise NotFoundError("User", user_id)
```

## Fix safety
Safe: the check that follows is what handles the missing row.

## When to ignore
When the column itself may be NULL and the row is sure to exist.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="QRY020",
    severity="error",
    statements=("query.scalar",),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                result = await session.execute(select(User).where(User.id == user_id))
                user = result.scalar_one()  # !
                if user is None:
                    raise NotFoundError("User", user_id)
                return user
            """,
            fixed="""
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                result = await session.execute(select(User).where(User.id == user_id))
                user = result.scalar_one_or_none()
                if user is None:
                    raise NotFoundError("User", user_id)
                return user
            """,
        ),
        Bad(
            """
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                user = (await session.scalars(select(User).where(User.id == user_id))).one()  # !
                if not user:
                    raise NotFoundError("User", user_id)
                return user
            """,
            fixed="""
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                user = (await session.scalars(select(User).where(User.id == user_id))).one_or_none()
                if not user:
                    raise NotFoundError("User", user_id)
                return user
            """,
        ),
        Good(
            """
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                result = await session.execute(select(User).where(User.id == user_id))
                user = result.scalar_one_or_none()
                if user is None:
                    raise NotFoundError("User", user_id)
                return user
            """
        ),
        Good(
            """
            from sqlalchemy import func, select


            async def count(session: AsyncSession) -> int:
                result = await session.execute(select(func.count()).select_from(User))
                total = result.scalar_one()
                if not total:
                    return 0
                return total
            """
        ),
        Good(
            """
            from sqlalchemy import select


            async def touch(session: AsyncSession, user_id: int) -> None:
                result = await session.execute(select(User).where(User.id == user_id))
                user = result.scalar_one()
                user.seen = True
                user = other(user)
                if user is None:
                    return
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            async def first(session: AsyncSession, statement: Select[tuple[User]]) -> User:
                result = await session.execute(statement)
                user = result.scalar_one()  # !
                if user is None:
                    raise LookupError
                return user
            """,
            why="an outer join may give a row with nothing in it",
        ),
        Miss(
            """
            from sqlalchemy import select


            async def find(session: AsyncSession, user_id: int) -> User:
                return require((await session.execute(select(User).where(User.id == user_id))).scalar_one())
            """,
            why="the check is in the function that is called",
        ),
    ),
)


@RULE.on_call("scalar_one", "one")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    statement = context.tree.parent(call)
    if not isinstance(statement, ast.Assign) or not isinstance(call.func, ast.Attribute) or call.args:
        return
    following = _next_statement(context, statement)
    if not isinstance(following, ast.If) or not _checks(following.test, dotted(statement.targets[0])):
        return
    if _selects_value(context, call, sure=isinstance(following.test, ast.Compare)):
        return
    name = call.func.attr
    end = context.source.end(call.func)
    edit = Edit(context.path, end - len(name), end, f"{name}_or_none")
    yield Problem(
        call,
        f"`.{name}()` raises when there is no row, so the check of `{dotted(statement.targets[0])}` never runs.",
        fix=Fix((edit,), safe=True, reason="The check that follows handles the missing row."),
    )


def _next_statement(context: Context, statement: ast.stmt) -> ast.stmt | None:
    parent = context.tree.parent(statement)
    body = getattr(parent, "body", [])
    if statement not in body:
        return None
    here = body.index(statement)
    return body[here + 1] if here + 1 < len(body) else None


def _checks(test: ast.expr, name: str) -> bool:
    """Whether the test is `name is None` or `not name`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return dotted(test.operand) == name
    return (
        isinstance(test, ast.Compare)
        and dotted(test.left) == name
        and isinstance(test.ops[0], ast.Is)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value is None
    )


def _selects_value(context: Context, call: ast.Call, *, sure: bool) -> bool:
    """Whether a count or a column is selected, which may be empty although the row is there. Where the statement is not
    at hand the test decides: `is None` is meant for the row, `not` may be meant for the value."""
    function = context.tree.runner(call)
    if function is None:
        return True
    line = call.lineno
    roots = [
        node
        for node in context.tree.body(function)
        if isinstance(node, ast.Call) and context.names.callee(node) == "sqlalchemy.select" and node.lineno <= line
    ]
    if not roots:
        return not sure
    first = roots[-1].args[0] if roots[-1].args else None
    return not (isinstance(first, ast.Name) or (first is not None and dotted(first).endswith("model")))
