"""One session is used by several tasks at once.

## Why is this bad?
A session is for one task: concurrent use raises IllegalStateChangeError or mixes the results of two queries.

## Example
```python
async def load(session: AsyncSession) -> tuple[int, int]:
    return await asyncio.gather(count_users(session), count_posts(session))
```

## Use instead
```python
async def load(session: AsyncSession) -> tuple[int, int]:
    return await count_users(session), await count_posts(session)
```

## When to ignore
When only one of the calls uses the session for more than an identity lookup.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import AWAITED
from layerwise.review.tree import callee_name, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SES002",
    severity="error",
    statements=("do.async", "session.injected"),
    cases=(
        Bad(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession) -> tuple[int, int]:
                users, posts = await asyncio.gather(  # !
                    session.scalar(count_users), session.scalar(count_posts)
                )
                return users, posts
            """
        ),
        Bad(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(db: AsyncSession, ids: list[int]) -> list[User]:
                return await asyncio.gather(*[fetch_user(db, user_id) for user_id in ids])  # !
            """
        ),
        Bad(
            """
            import asyncio


            class UserService:
                async def page(self) -> tuple[list[User], int]:
                    return await asyncio.gather(self.repository.get_all(0, 10), self.repository.count())  # !
            """
        ),
        Bad(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(db: AsyncSession) -> None:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fill(db))  # !
                    group.create_task(drain(db))
            """
        ),
        Good(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession) -> None:
                await asyncio.gather(send_mail(), session.scalar(count_users))
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession) -> tuple[int, int]:
                return await session.scalar(count_users), await session.scalar(count_posts)
            """
        ),
        Good(
            """
            import asyncio


            async def load(batch: list[int]) -> list[User]:
                async def one(user_id: int) -> User:
                    async with SessionLocal() as session:
                        return await session.get_one(User, user_id)

                return await asyncio.gather(*[one(user_id) for user_id in batch])
            """
        ),
        FalseAlarm(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def load(session: AsyncSession) -> None:
                await asyncio.gather(session_info(session), watch(session))  # !
            """,
            why="functions that only look at the session look like those that query",
        ),
        Miss(
            """
            import asyncio


            class ReportService:
                async def build(self) -> None:
                    await asyncio.gather(self.load_users(), self.load_posts())
            """,
            why="that both methods use the same session shows in their bodies",
        ),
    ),
    evidence=("dstackai/dstack 10ed8e78fc",),
)


@RULE.on_call("gather")
def check_gather(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) != "asyncio.gather":
        return
    users: dict[str, int] = {}
    for argument in call.args:
        weight = 2 if isinstance(argument, ast.Starred) else 1
        if isinstance(argument, ast.Starred) and not isinstance(argument.value, ast.ListComp | ast.GeneratorExp):
            continue
        for name in _sessions_in(context, argument):
            users[name] = users.get(name, 0) + weight
    shared = [name for name, count in users.items() if count > 1]
    if shared:
        yield Problem(call, f"`{shared[0]}` is used by several coroutines that `gather` runs at once.")
    elif repository := _shared_repository(call):
        message = f"`{repository}` has one session, which `gather` uses for several coroutines at once."
        yield Problem(call, message, confidence="medium")


def _shared_repository(call: ast.Call) -> str:
    """The repository that two of the gathered coroutines are methods of."""
    receivers = [
        dotted(argument.func.value)
        for argument in call.args
        if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute)
    ]
    shared = (name for name in receivers if receivers.count(name) > 1 and name.lower().endswith(("repo", "repository")))
    return next(shared, "")


@RULE.on_call("create_task")
def check_task_group(context: Context, call: ast.Call) -> Iterator[Problem]:
    """Two tasks of one group, or one started in a loop, that are given the same session."""
    group = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    function = context.tree.runner(call)
    if function is None or not call.args or group in ("asyncio", "loop", ""):
        return
    siblings = [
        other
        for other in context.tree.calls("create_task")
        if context.tree.runner(other) is function and dotted(other.func) == dotted(call.func) and other.args
    ]
    for name in _sessions_in(context, call.args[0]):
        sharing = [other for other in siblings if name in _sessions_in(context, other.args[0])]
        if sharing[0] is call and (len(sharing) > 1 or context.tree.loop(call) is not None):
            yield Problem(call, f"`{name}` is used by several tasks of `{group}` at once.")


def _sessions_in(context: Context, expression: ast.expr) -> set[str]:
    """The sessions made elsewhere that a coroutine expression uses: as receiver of a query or as an argument."""
    found: set[str] = set()
    for node in context.tree.within(expression):
        if isinstance(node, ast.Call):
            receiver = dotted(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            used = [receiver] if callee_name(node) in AWAITED else []
            used += [dotted(argument) for argument in (*node.args, *(word.value for word in node.keywords))]
            found.update(name for name in used if name and context.sessions.kind(name, node) == "async")
    return found
