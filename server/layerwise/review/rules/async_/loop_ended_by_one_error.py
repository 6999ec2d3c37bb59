"""One error ends an endless loop.

## Why is this bad?
The first lost connection raises out of the loop: the background work stops for good, and nobody notices.

## Example
```python
async def refresh_metrics(self) -> None:
    while True:
        self.metrics = await self.collect()
        await asyncio.sleep(30)
```

## Use instead
```python
async def refresh_metrics(self) -> None:
    while True:
        try:
            self.metrics = await self.collect()
        except Exception:
            logger.exception("metrics were not refreshed; the next round tries again")
        await asyncio.sleep(30)
```

## When to ignore
When whoever started the loop watches over it and starts it again.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.rules.errors.silent_broad_except import is_broad
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="AIO020",
    severity="warning",
    confidence="medium",
    profile="strict",
    statements=("do.async", "dont.except"),
    cases=(
        Bad(
            """
            import asyncio


            class Exporter:
                async def refresh(self) -> None:
                    while True:
                        async with SessionLocal() as session:  # !
                            self.metrics = await self.collect(session)
                        await asyncio.sleep(3)
            """
        ),
        Bad(
            """
            import asyncio


            async def flush_usage() -> None:
                while True:
                    await asyncio.sleep(60)
                    try:
                        await read_usage()  # !
                    except ValueError:
                        continue
                    await flush()
            """
        ),
        Good(
            """
            import asyncio


            async def flush_usage() -> None:
                while True:
                    await asyncio.sleep(60)
                    try:
                        await flush()
                    except Exception:
                        logger.exception("not flushed")
            """
        ),
        Good(
            """
            import asyncio


            async def ping() -> None:
                try:
                    await client.ping()
                except Exception:
                    logger.exception("no answer")


            async def keep_alive() -> None:
                while True:
                    await ping()
                    await asyncio.sleep(5)
            """
        ),
        Good(
            """
            import asyncio


            async def wait_until_ready(job_id: int) -> Job:
                while True:
                    job = await load(job_id)
                    if job.is_ready:
                        return job
                    await asyncio.sleep(1)
            """
        ),
        Good(
            """
            import asyncio
            from collections.abc import AsyncIterator


            async def stream(job_id: int) -> AsyncIterator[str]:
                while True:
                    yield await load(job_id)
                    await asyncio.sleep(1)
            """
        ),
        FalseAlarm(
            """
            import asyncio


            async def beat(client: Client) -> None:
                while True:
                    await client.ping()  # !
                    await asyncio.sleep(1)
            """,
            why="the task may be watched, and started again, by its owner",
        ),
    ),
    evidence=("gpustack/gpustack 4602cc19",),
)
_LEAVING = (ast.Return, ast.Break, ast.Raise, ast.Yield, ast.YieldFrom)


@RULE.on(ast.While)
def check(context: Context, node: ast.While) -> Iterator[Problem]:
    if not isinstance(node.test, ast.Constant) or not node.test.value or context.file_layer in ("test", "script"):
        return
    inside = [each for statement in node.body for each in context.tree.within(statement)]
    if not context.tree.in_async(node) or any(isinstance(each, _LEAVING) for each in inside):
        return
    if not any(_is_sleep(context, each) for each in inside) or _is_guarded(context, node):
        return
    for each in inside:
        if _may_fail(context, each) and not _is_guarded(context, each):
            yield Problem(each, "An error here ends this endless loop for good; log it and go on with the next round.")
            return


def _is_sleep(context: Context, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and context.names.callee(node) in ("asyncio.sleep", "anyio.sleep")


def _may_fail(context: Context, node: ast.AST) -> bool:
    """Whether a node waits for something but a sleep, a lock or a function of this file that catches every error."""
    if isinstance(node, ast.AsyncWith):
        return any(isinstance(item.context_expr, ast.Call) for item in node.items)
    if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call) or _is_sleep(context, node.value):
        return False
    for function in context.tree.functions:
        if function.name == callee_name(node.value):
            waits = [each for each in context.tree.body(function) if isinstance(each, ast.Await | ast.AsyncWith)]
            return not waits or not all(_is_guarded(context, each) for each in waits)
    return True


def _is_guarded(context: Context, node: ast.AST) -> bool:
    """Whether an `except` for any error, or something that is called for guarding, stands around a node."""
    child = node
    for around in context.tree.ancestors(node):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        if (
            isinstance(around, ast.Try)
            and child in around.body
            and any(is_broad(context, handler) for handler in around.handlers)
        ):
            return True
        if isinstance(around, ast.With | ast.AsyncWith) and any(
            "suppress" in context.text(item.context_expr) for item in around.items
        ):
            return True
        child = around
    return False
