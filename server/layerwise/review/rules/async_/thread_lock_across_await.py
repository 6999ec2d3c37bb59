"""A thread's lock is held across an `await`.

## Why is this bad?
While the coroutine waits, another one that wants the lock blocks the loop, so the first can never go on: a deadlock.

## Example
```python
async def refresh(self) -> None:
    with self._lock:
        self.rates = await load()
```

## Use instead
```python
async def refresh(self) -> None:
    async with self._lock:
        self.rates = await load()
```

## When to ignore
Never while a loop is running.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="AIO014",
    severity="error",
    statements=("do.async",),
    cases=(
        Bad(
            """
            import threading


            class Rates:
                def __init__(self) -> None:
                    self._lock = threading.Lock()

                async def refresh(self) -> None:
                    with self._lock:  # !
                        self.rates = await load()
            """
        ),
        Bad(
            """
            from threading import RLock

            lock = RLock()


            async def refresh() -> None:
                with lock:  # !
                    async for rate in stream():
                        keep(rate)
            """
        ),
        Good(
            """
            import asyncio

            lock = asyncio.Lock()


            async def refresh() -> None:
                async with lock:
                    await load()
            """
        ),
        Good(
            """
            import threading

            lock = threading.Lock()


            async def refresh() -> None:
                rates = await load()
                with lock:
                    keep(rates)
            """
        ),
        Good(
            """
            async def refresh(tracer: Tracer) -> None:
                with tracer.span("refresh"):
                    await load()
            """
        ),
        FalseAlarm(
            """
            import threading

            lock = threading.Lock()


            async def main() -> None:
                with lock:  # !
                    await serve()
            """,
            why="a lock that nothing else on the loop takes",
        ),
        Miss(
            """
            from app.locks import lock


            async def refresh() -> None:
                with lock:
                    await load()
            """,
            why="what kind of lock it is stands in another file",
        ),
    ),
)
_LOCKS = tuple(f"threading.{name}" for name in ("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore"))


@RULE.on(ast.With)
def check(context: Context, node: ast.With) -> Iterator[Problem]:
    function = context.tree.runner(node)
    if not isinstance(function, ast.AsyncFunctionDef):
        return
    locks = [item.context_expr for item in node.items if _is_lock(context, item.context_expr)]
    if not locks:
        return
    inside = (each for statement in node.body for each in context.tree.within(statement))
    if any(
        isinstance(each, ast.Await | ast.AsyncFor | ast.AsyncWith) and context.tree.runner(each) is function
        for each in inside
    ):
        yield Problem(node, f"`{context.text(locks[0])}` is a thread's lock, held while `{function.name}` awaits.")


def _is_lock(context: Context, expression: ast.expr) -> bool:
    if isinstance(expression, ast.Call):
        return context.names.callee(expression) in _LOCKS
    name = dotted(expression)
    return bool(name) and any(
        isinstance(assign.value, ast.Call)
        and context.names.callee(assign.value) in _LOCKS
        and any(dotted(target) == name for target in assign.targets)
        for assign in context.tree.of(ast.Assign)
    )
