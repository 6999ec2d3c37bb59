"""A new event loop is started inside an `async def`.

## Why is this bad?
`asyncio.run` raises RuntimeError where a loop is already running, as it is in every `async def`.

## Example
```python
async def refresh() -> None:
    asyncio.run(load())
```

## Use instead
```python
async def refresh() -> None:
    await load()
```

## Fix safety
Safe: the call could only raise.

## When to ignore
Never.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="AIO010",
    severity="error",
    statements=("do.async",),
    cases=(
        Bad(
            """
            import asyncio


            async def refresh() -> None:
                asyncio.run(load())  # !
            """,
            fixed="""
            import asyncio


            async def refresh() -> None:
                await load()
            """,
        ),
        Bad(
            """
            import asyncio


            async def refresh() -> str:
                loop = asyncio.get_event_loop()
                return loop.run_until_complete(load())  # !
            """,
            fixed="""
            import asyncio


            async def refresh() -> str:
                loop = asyncio.get_event_loop()
                return await load()
            """,
        ),
        Good(
            """
            import asyncio


            def main() -> None:
                asyncio.run(load())
            """
        ),
        Good(
            """
            async def refresh() -> None:
                await load()
            """
        ),
        Good(
            """
            import asyncio


            async def refresh() -> None:
                await asyncio.to_thread(lambda: asyncio.run(load()))
            """
        ),
        FalseAlarm(
            """
            import asyncio


            async def never_awaited() -> None:
                asyncio.run(load())  # !
            """,
            why="a coroutine that is driven by hand, without a loop",
        ),
        Miss(
            """
            import asyncio


            def helper() -> None:
                asyncio.run(load())


            async def refresh() -> None:
                helper()
            """,
            why="the call is in a helper",
        ),
    ),
)


@RULE.on_call("run", "run_until_complete")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not context.tree.in_async(call) or len(call.args) != 1 or not isinstance(call.args[0], ast.Call):
        return
    if callee_name(call) == "run_until_complete" or context.names.callee(call) == "asyncio.run":
        coroutine, source = call.args[0], context.source
        opening = Edit(context.path, source.start(call), source.start(coroutine), "await ")
        closing = Edit(context.path, source.end(coroutine), source.end(call), "")
        yield Problem(
            call,
            f"`{context.text(call.func)}` cannot start a loop in a running one; await the coroutine.",
            fix=Fix((opening, closing), safe=True, reason="The call could only raise."),
        )
