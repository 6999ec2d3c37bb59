"""A number is read, changed in Python and written back.

## Why is this bad?
Two requests at once read the same value, and one of the two changes is lost.

## Example
```python
account = await session.get(Account, account_id)
account.balance += amount
```

## Use instead
```python
account = await session.get(Account, account_id, with_for_update=True)
account.balance += amount
```

## When to ignore
When a lock or a version column guards the row.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SVC005",
    severity="warning",
    confidence="medium",
    statements=("repository.update", "service.rules"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def deposit(session: AsyncSession, account_id: int, amount: int) -> None:
                account = await session.get_one(Account, account_id)
                account.balance += amount  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def count_view(session: AsyncSession, post_id: int) -> None:
                result = await session.execute(select(Post).where(Post.id == post_id))
                post = result.scalar_one()
                post.views = post.views + 1  # !


            async def save_draft(session: AsyncSession, post_id: int) -> None:
                found = await session.execute(select(Post).where(Post.id == post_id))
                post = found.scalars().first()
                post.version = (post.version or 0) + 1  # !
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def deposit(session: AsyncSession, account_id: int, amount: int) -> None:
                account = await session.get_one(Account, account_id, with_for_update=True)
                account.balance += amount
            """
        ),
        Good(
            """
            from sqlalchemy import update
            from sqlalchemy.ext.asyncio import AsyncSession


            async def deposit(session: AsyncSession, account_id: int, amount: int) -> None:
                await session.execute(
                    update(Account).where(Account.id == account_id).values(balance=Account.balance + amount)
                )
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def add_note(session: AsyncSession, post_id: int, totals: Totals) -> None:
                post = await session.get_one(Post, post_id)
                post.title += "!"
                totals.count += 1
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def retry(session: AsyncSession, job_id: int) -> None:
                job = await session.get_one(Job, job_id)
                job.attempts += 1  # !
            """,
            why="a row that only one worker touches cannot race",
        ),
        Miss(
            """
            async def deposit(accounts: AccountRepository, account_id: int, amount: int) -> None:
                account = await accounts.get_by_id(account_id)
                account.balance += amount
            """,
            why="that the object comes from the database is not seen through the repository",
        ),
    ),
)

_OF_RESULTS = frozenset({"scalars", "unique", "scalar_one", "scalar_one_or_none", "first", "one", "one_or_none"})


@RULE.on(ast.AugAssign)
def check_augmented(context: Context, node: ast.AugAssign) -> Iterator[Problem]:
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult) and not _is_text(node.value):
        yield from _check(context, node, node.target)


@RULE.on(ast.Assign)
def check_assign(context: Context, node: ast.Assign) -> Iterator[Problem]:
    value, target = node.value, node.targets[0]
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub) or _is_text(value.right):
        return
    read = value.left
    if isinstance(read, ast.BoolOp) and isinstance(read.op, ast.Or):
        read = read.values[0]
    if "." in dotted(target) and dotted(read) == dotted(target):
        yield from _check(context, node, target)


def _check(context: Context, node: ast.stmt, target: ast.expr) -> Iterator[Problem]:
    name, _, attribute = dotted(target).partition(".")
    function = context.tree.runner(node)
    if not attribute or "." in attribute or name in ("self", "cls") or function is None:
        return
    if _comes_from_session(context, function, name) and "for_update" not in context.source.segment(function):
        yield Problem(
            node, f"`{name}.{attribute}` is read and written back without a lock; a change at the same time is lost."
        )


def _comes_from_session(context: Context, function: Function, name: str) -> bool:
    """Whether the variable holds a row: of a session's `get` or `scalar`, or of a result that was executed here."""
    results: set[str] = set()
    for node in context.tree.body(function):
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            method, receiver = value.func.attr, dotted(value.func.value)
            if receiver in results and method in _OF_RESULTS:
                results.add(dotted(node.targets[0]))
                break
            if receiver and method in ("get", "get_one", "scalar", "execute", "scalars"):
                if context.sessions.is_session(receiver, value):
                    results.add(dotted(node.targets[0]))
                break
            inner = value.func.value
            value = inner.value if isinstance(inner, ast.Await) else inner
    return name in results


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr | ast.List) or (
        isinstance(value, ast.Constant) and isinstance(value.value, str)
    )
