"""A coroutine of a library is never awaited.

## Why is this bad?
Without `await` the body of the request is not read and the message is not sent: what follows holds a coroutine.

## Example
```python
@router.post("/events")
async def add_event(request: Request) -> None:
    data = request.json()
    await store(data)
```

## Use instead
```python
@router.post("/events")
async def add_event(request: Request) -> None:
    data = await request.json()
    await store(data)
```

## Fix safety
The fix adds `await` inside an `async def`. It is unsafe: what never ran before runs from now on.

## When to ignore
When the coroutine is kept to be awaited by somebody else.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.coroutines import may_take_coroutine
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="AIO019",
    severity="error",
    statements=("do.async",),
    cases=(
        Bad(
            """
            from fastapi import Request


            async def add_event(request: Request) -> None:
                data = request.json()  # !
                await store(data)
            """,
            fixed="""
            from fastapi import Request


            async def add_event(request: Request) -> None:
                data = await request.json()
                await store(data)
            """,
        ),
        Bad(
            """
            import asyncio
            import json

            import httpx
            from fastapi import Request, UploadFile, WebSocket


            async def relay(request: Request, file: UploadFile | None, socket: WebSocket) -> str:
                socket.send_text("hello")  # !
                size = len(file.read())  # !
                asyncio.sleep(1)  # !
                async with httpx.AsyncClient() as client:
                    text = client.get("https://example.org").text  # !
                return text + json.loads(request.body())["name"] * size  # !
            """,
            fixed="""
            import asyncio
            import json

            import httpx
            from fastapi import Request, UploadFile, WebSocket


            async def relay(request: Request, file: UploadFile | None, socket: WebSocket) -> str:
                await socket.send_text("hello")
                size = len(await file.read())
                await asyncio.sleep(1)
                async with httpx.AsyncClient() as client:
                    text = (await client.get("https://example.org")).text
                return text + json.loads(await request.body())["name"] * size
            """,
        ),
        Good(
            """
            import asyncio

            from fastapi import Request


            async def add_event(request: Request) -> None:
                await store(await request.json())
                pending = request.body()
                task = asyncio.create_task(request.form())
                print(await pending, await task, await asyncio.wait_for(request.body(), 1))
            """
        ),
        Good(
            """
            import requests


            def load(request: requests.Request, file: BinaryIO) -> str:
                file.read()
                return request.json()
            """
        ),
        Good(
            """
            from httpx import AsyncClient


            async def load_both(client: AsyncClient) -> list[Response]:
                waiting = [client.get("/a"), client.get("/b")]
                return await asyncio.gather(*waiting)
            """
        ),
        Miss(
            """
            class Consumer:
                async def run(self) -> None:
                    self.socket.send_text("hello")
            """,
            why="what an attribute holds is not followed",
        ),
    ),
    evidence=("All-Hands-AI/OpenHands ece556c047",),
)
_REQUEST = frozenset({"json", "body", "form", "is_disconnected"})
_UPLOAD = frozenset({"read", "write", "seek", "close"})
_SOCKET = frozenset({
    "accept", "receive", "receive_text", "receive_bytes", "receive_json",
    "send", "send_text", "send_bytes", "send_json", "close",
})  # fmt: skip
_CLIENT = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "aclose"})
_METHODS = {
    "fastapi.Request": _REQUEST,
    "fastapi.UploadFile": _UPLOAD,
    "starlette.datastructures.UploadFile": _UPLOAD,
    "fastapi.WebSocket": _SOCKET,
    "starlette.websockets.WebSocket": _SOCKET,
    "httpx.AsyncClient": _CLIENT,
}
_FUNCTIONS = frozenset({
    "asyncio.sleep", "asyncio.wait_for", "asyncio.to_thread", "anyio.sleep", "anyio.to_thread.run_sync",
    "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool",
})  # fmt: skip
# Functions that can do nothing with a coroutine.
_TAKING_RESULTS = frozenset({"json.loads", "orjson.loads", "len", "str", "bytes", "dict", "list", "io.BytesIO"})
_NAMES = {name.rpartition(".")[2] for name in _FUNCTIONS}.union(*_METHODS.values())


@RULE.on_call(*sorted(_NAMES))
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if isinstance(context.tree.parent(call), ast.Await):
        return
    function = context.tree.runner(call)
    if function is None or not _is_coroutine(context, function, call) or not _is_lost(context, function, call):
        return
    is_async = isinstance(function, ast.AsyncFunctionDef)
    yield Problem(
        call,
        f"`{context.text(call.func)}(…)` is a coroutine and is not awaited.",
        fix=_fix(context, call) if is_async else None,
    )


def _is_coroutine(context: Context, function: Function, call: ast.Call) -> bool:
    if context.names.callee(call) in _FUNCTIONS:
        return True
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return False
    return call.func.attr in _METHODS.get(_type_of(context, function, call.func.value.id), ())


def _type_of(context: Context, function: Function, name: str) -> str:
    """The full name of the type of a parameter, or of what `async with AsyncClient() as name` opens."""
    for argument in parameters(function):
        if argument.arg == name and argument.annotation is not None:
            named = (each for each in ast.walk(argument.annotation) if isinstance(each, ast.Name | ast.Attribute))
            return next((full for each in named if (full := context.names.qualified(each)) in _METHODS), "")
    for block in context.tree.body(function):
        for item in block.items if isinstance(block, ast.AsyncWith) else ():
            opened = item.context_expr
            if isinstance(opened, ast.Call) and item.optional_vars and dotted(item.optional_vars) == name:
                return context.names.callee(opened)
    return ""


def _is_lost(context: Context, function: Function, call: ast.Call) -> bool:
    """Whether the place of a call takes its result, or drops it."""
    around = context.tree.parent(call)
    if isinstance(around, ast.Call):
        return call in around.args and context.names.callee(around) in _TAKING_RESULTS
    if isinstance(around, ast.Assign) and len(around.targets) == 1 and isinstance(around.targets[0], ast.Name):
        target = around.targets[0]
        uses = [
            each
            for each in context.tree.within(function)
            if isinstance(each, ast.Name) and each.id == target.id and each is not target
        ]
        return bool(uses) and not any(_may_await(context, use) for use in uses)
    return isinstance(around, ast.Expr | ast.Attribute | ast.Subscript)


def _may_await(context: Context, use: ast.Name) -> bool:
    """Whether a use of a name awaits it, hands it on as a coroutine, or binds it anew."""
    around = context.tree.parent(use)
    if isinstance(around, ast.Call):
        return may_take_coroutine(callee_name(around))
    if isinstance(around, ast.Attribute):
        return around.attr in ("close", "send", "throw")
    return not isinstance(around, ast.Subscript | ast.keyword | ast.If | ast.UnaryOp | ast.BinOp | ast.Compare)


def _fix(context: Context, call: ast.Call) -> Fix:
    source = context.source
    start, end = source.start(call), source.end(call)
    edits = [Edit(context.path, start, start, "await ")]
    if isinstance(context.tree.parent(call), ast.Attribute | ast.Subscript):
        edits = [Edit(context.path, start, start, "(await "), Edit(context.path, end, end, ")")]
    return Fix(tuple(edits), safe=False, reason="What never ran before runs from now on.")
