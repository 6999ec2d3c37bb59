"""A task is started and not kept.

## Why is this bad?
The loop holds tasks weakly: one that nobody keeps can vanish halfway, and its exception is never seen.

## Example
```python
async def register(user: User) -> None:
    asyncio.create_task(send_welcome(user.id))
```

## Use instead
```python
async def register(user: User) -> None:
    task = asyncio.create_task(send_welcome(user.id))
    running.add(task)
    task.add_done_callback(running.discard)
```

## When to ignore
For a task that runs as long as the process and whose loss does not matter.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="AIO011",
    severity="warning",
    habit=True,
    statements=("do.async",),
    cases=(
        Bad(
            """
            import asyncio


            async def register(user_id: int) -> None:
                asyncio.create_task(send_welcome(user_id))  # !
            """
        ),
        Bad(
            """
            import asyncio


            async def register(user_id: int) -> None:
                loop = asyncio.get_running_loop()
                loop.create_task(send_welcome(user_id))  # !
                _ = asyncio.ensure_future(log(user_id))  # !
            """
        ),
        Good(
            """
            import asyncio

            running = set()


            async def register(user_id: int) -> None:
                task = asyncio.create_task(send_welcome(user_id))
                running.add(task)
                task.add_done_callback(running.discard)
            """
        ),
        Good(
            """
            import asyncio


            async def register(user_id: int) -> None:
                async with asyncio.TaskGroup() as group:
                    group.create_task(send_welcome(user_id))
            """
        ),
        Good(
            """
            import asyncio


            async def register(user_id: int) -> None:
                await asyncio.create_task(send_welcome(user_id))
            """
        ),
        FalseAlarm(
            """
            import asyncio


            async def main() -> None:
                asyncio.create_task(watch())  # !
                await forever()
            """,
            why="a task whose loss does not matter",
        ),
        Miss(
            """
            import asyncio


            async def register(user_id: int) -> None:
                task = asyncio.create_task(send_welcome(user_id))
            """,
            why="whether a local variable is used later is for a linter of names",
        ),
    ),
    evidence=("ruff RUF006",),
)


@RULE.on_call("create_task", "ensure_future")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    parent = context.tree.parent(call)
    kept = not isinstance(parent, ast.Expr) and not (
        isinstance(parent, ast.Assign) and dotted(parent.targets[0]) == "_"
    )
    if kept or context.file_layer == "test":
        return
    if context.names.callee(call) in ("asyncio.create_task", "asyncio.ensure_future") or _is_loop(context, call):
        yield Problem(call, f"Nobody keeps the task of `{context.text(call)}`: it may vanish, and its error with it.")


def _is_loop(context: Context, call: ast.Call) -> bool:
    """`loop.create_task`, where `loop` comes from asyncio."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(receiver, ast.Call):
        return context.names.callee(receiver) in ("asyncio.get_running_loop", "asyncio.get_event_loop")
    return receiver is not None and dotted(receiver).rpartition(".")[2] in ("loop", "_loop", "event_loop")
