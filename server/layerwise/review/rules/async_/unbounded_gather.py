"""As many coroutines run at once as there are items.

## Why is this bad?
Each may take a connection: a long list empties the pool, or floods the service that it calls.

## Example
```python
results = await asyncio.gather(*[notify(user) for user in users])
```

## Use instead
```python
limit = asyncio.Semaphore(10)

async def notify_one(user: User) -> None:
    async with limit:
        await notify(user)

results = await asyncio.gather(*[notify_one(user) for user in users])
```

## When to ignore
When the list is short by nature.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="AIO013",
    severity="warning",
    confidence="medium",
    profile="strict",
    statements=("do.async",),
    cases=(
        Bad(
            """
            import asyncio


            class UserService:
                async def notify_all(self, users: list[int]) -> None:
                    await asyncio.gather(*[self.notify(user) for user in users])  # !
            """
        ),
        Bad(
            """
            import asyncio


            class UserService:
                async def notify_all(self, users: list[int]) -> None:
                    pending = [self.notify(user) for user in users]
                    await asyncio.gather(*pending, return_exceptions=True)  # !
            """
        ),
        Good(
            """
            import asyncio


            class UserService:
                async def notify_all(self, users: list[int]) -> None:
                    semaphore = asyncio.Semaphore(10)
                    await asyncio.gather(*[self.notify(user, semaphore) for user in users])
            """
        ),
        Good(
            """
            import asyncio


            class UserService:
                async def load(self) -> None:
                    await asyncio.gather(self.load_users(), self.load_posts())
                    await asyncio.gather(*[self.ping(host) for host in ("a", "b")])
            """
        ),
        Good(
            """
            import asyncio


            class UserService:
                async def notify_all(self, batch: list[int]) -> None:
                    await asyncio.gather(*[self.notify(user) for user in batch])
            """
        ),
        FalseAlarm(
            """
            import asyncio


            class PluginService:
                async def start(self, plugins: list[Plugin]) -> None:
                    await asyncio.gather(*[plugin.start() for plugin in plugins])  # !
            """,
            why="a list that is short by nature looks like any other",
        ),
        Miss(
            """
            import asyncio


            class UserService:
                async def notify_all(self, users: list[int]) -> None:
                    async with asyncio.TaskGroup() as group:
                        for user in users:
                            group.create_task(self.notify(user))
            """,
            why="tasks started in a loop are not counted",
        ),
    ),
    evidence=("letta-ai/letta 15cede728", "letta-ai/letta 08ccc8b399"),
)
_CLEAN_UP = frozenset({"close", "aclose", "remove", "cancel", "stop", "disconnect", "wait", "shutdown"})
_BOUNDED = re.compile(r"semaphore|limiter|batch|chunk|throttle|\bsem\b|worker|concurren", re.IGNORECASE)


@RULE.on_call("gather")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    """Likely to hurt in services, repositories and routes; elsewhere for the strict profile."""
    function = context.tree.runner(call)
    if context.names.callee(call) != "asyncio.gather" or function is None or context.file_layer in ("test", "script"):
        return
    for argument in call.args:
        made = argument.value if isinstance(argument, ast.Starred) else None
        if isinstance(made, ast.Name):
            given = context.tree.assigned(function, made.id)
            made = given[0] if len(given) == 1 else None
        if not isinstance(made, ast.ListComp | ast.GeneratorExp) or not isinstance(made.elt, ast.Call):
            continue
        source = made.generators[0].iter
        if isinstance(source, ast.List | ast.Tuple | ast.Set | ast.Dict) or ast.unparse(source).startswith("range("):
            continue
        if callee_name(made.elt) not in _CLEAN_UP and not _is_bounded(context, function):
            inner = context.layer(call) in ("endpoint", "service", "repository")
            yield Problem(
                call,
                f"As many `{context.text(made.elt.func)}` run at once as there are items in `{ast.unparse(source)}`.",
                confidence="medium" if inner else "low",
            )


def _is_bounded(context: Context, function: Function) -> bool:
    """Whether a name in the function speaks of a semaphore or of batches."""
    for node in context.tree.within(function):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if _BOUNDED.search(name):
            return True
    return False
