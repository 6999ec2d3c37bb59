"""A query runs once for each item of a loop.

## Why is this bad?
A hundred items are a hundred round trips to the database, where one query would do.

## Example
```python
users = [await session.get(User, user_id) for user_id in user_ids]
```

## Use instead
```python
users = (await session.scalars(select(User).where(User.id.in_(user_ids)))).all()
```

## When to ignore
When the loop is over a handful of fixed things, or each step needs the one before.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import SessionCall

RULE = Rule(
    __name__,
    __doc__,
    code="QRY002",
    severity="warning",
    statements=("query.eager", "query.scalars"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession, user_ids: list[int]) -> list[User | None]:
                return [await session.get(User, user_id) for user_id in user_ids]  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession, posts: list[Post]) -> dict[int, User]:
                found = {}
                for post in posts:
                    result = await session.execute(select(User).where(User.id == post.author_id))  # !
                    found[post.id] = result.scalar_one()
                return found
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession, user_ids: list[int]) -> list[User]:
                return list(await session.scalars(select(User).where(User.id.in_(user_ids))))
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession) -> list[int]:
                return [user.id for user in await session.scalars(select(User))]
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession, chunks: list[list[int]]) -> None:
                for chunk in chunks:
                    await session.execute(select(User).where(User.id.in_(chunk)))
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def walk(session: AsyncSession, path: list[int]) -> None:
                for node_id in path:
                    node = await session.get(Node, node_id)  # !
                    node.visit()
            """,
            why="a short list by nature looks like any other",
        ),
        Miss(
            """
            async def load(repository: UserRepository, user_ids: list[int]) -> list[User]:
                return [await repository.get_by_id(user_id) for user_id in user_ids]
            """,
            why="the query is inside the repository",
        ),
    ),
)
_BATCHES = re.compile(r"batch|chunk|page|attempt|retry|slice|window", re.IGNORECASE)


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    if context.file_layer in ("test", "migration", "script"):
        return
    for call in context.sessions.calls:
        if call.method in ("execute", "scalar", "scalars", "get", "get_one") and _is_per_item(context, call):
            loop = context.tree.loop(call.node)
            assert isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension)
            item = ast.unparse(loop.target)
            yield Problem(
                call.node,
                f"`{call.receiver}.{call.method}` runs once for each `{item}`; fetch them all with one `in_()` query.",
            )


def _is_per_item(context: Context, call: SessionCall) -> bool:
    """A read that depends on the loop's own variable, in a loop over things and not over batches or numbers."""
    loop = context.tree.loop(call.node)
    if not isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension):
        return False
    source = ast.unparse(loop.iter)
    if (
        _BATCHES.search(ast.unparse(loop.target))
        or source.startswith(("range(", "(", "[", "{"))
        or _BATCHES.search(source)
    ):
        return False
    if isinstance(loop.iter, ast.Tuple | ast.List | ast.Set | ast.Dict) or source.rpartition(".")[2].isupper():
        return False
    if call.node.args and (statement := context.queries.read(call.node.args[0])) and statement.kind != "select":
        return False
    if "text(" in ast.unparse(call.node):
        return False
    names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    function = context.tree.runner(call.node)
    opened = function is not None and call.receiver in context.sessions.opened_in(function)
    used = any(isinstance(node, ast.Name) and node.id in names for node in context.tree.within(call.node))
    return used and not (
        opened
        and isinstance(loop, ast.For)
        and any(isinstance(each, ast.With | ast.AsyncWith) for each in context.tree.within(loop))
    )
