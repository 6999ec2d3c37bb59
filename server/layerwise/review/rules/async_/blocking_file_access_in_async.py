"""A file is read or written on the event loop.

## Why is this bad?
A slow or remote disk stops every request of the worker until the data are there.

## Example
```python
async def export(path: Path) -> str:
    return path.read_text(encoding="utf-8")
```

## Use instead
```python
async def export(path: Path) -> str:
    return await asyncio.to_thread(path.read_text, encoding="utf-8")
```

## When to ignore
For small local files, at start-up.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.paths import is_path
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="AIO016",
    severity="info",
    statements=("do.async",),
    cases=(
        Bad(
            """
            async def export(rows: list[str]) -> None:
                with open("rows.txt", "w", encoding="utf-8") as file:  # !
                    file.writelines(rows)
            """
        ),
        Bad(
            """
            from pathlib import Path


            async def load(name: str) -> str:
                return Path(name).read_text(encoding="utf-8")  # !
            """
        ),
        Bad(
            """
            from pathlib import Path

            HOME = Path("/srv/estimates")


            async def save(folder: Path, name: str, data: bytes) -> None:
                target = HOME / name
                target.write_bytes(data)  # !
                (folder / name).write_bytes(data)  # !
            """
        ),
        Good(
            """
            def load(name: str) -> str:
                with open(name, encoding="utf-8") as file:
                    return file.read()
            """
        ),
        Good(
            """
            import aiofiles


            async def load(name: str) -> str:
                async with aiofiles.open(name) as file:
                    return await file.read()
            """
        ),
        Good(
            """
            import asyncio
            from pathlib import Path


            async def load(name: str) -> str:
                return await asyncio.to_thread(Path(name).read_text, encoding="utf-8")
            """
        ),
        FalseAlarm(
            """
            async def start() -> str:
                return open("VERSION", encoding="utf-8").read()  # !
            """,
            why="a small local file, read once",
        ),
        Miss(
            """
            async def load(self) -> str:
                return self.path.read_text(encoding="utf-8")
            """,
            why="what an attribute holds is not followed",
        ),
    ),
    evidence=("letta-ai/letta 345ea42630",),
)


@RULE.on_call("open", "read_text", "read_bytes", "write_text", "write_bytes")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    """Sure of itself in routes, where every request pays, and likely right beside them; elsewhere for strict."""
    if not context.tree.in_async(call) or context.file_layer in ("test", "script"):
        return
    if isinstance(context.tree.parent(call), ast.Await):
        return
    on_path = isinstance(call.func, ast.Attribute) and is_path(context.tree, context.names, call.func.value)
    if on_path or context.names.callee(call) in ("open", "builtins.open", "io.open"):
        function = context.tree.runner(call)
        in_route = function is not None and function in context.route_functions
        yield Problem(
            call,
            f"`{context.text(call.func)}` waits for the disk on the event loop.",
            confidence="high" if in_route else "medium" if context.file_layer == "endpoint" else "low",
        )
