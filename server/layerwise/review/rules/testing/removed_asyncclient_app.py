"""A test client is given the app by an argument that no longer exists.

## Why is this bad?
`AsyncClient(app=app)` raises TypeError since httpx 0.28.

## Example
```python
async with AsyncClient(app=app, base_url="http://test") as client:
    await client.get("/users")
```

## Use instead
```python
async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
    await client.get("/users")
```

## Fix safety
Safe: the old argument did just this.

## When to ignore
While httpx is pinned below 0.28.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import keyword

RULE = Rule(
    __name__,
    __doc__,
    code="TST002",
    severity="error",
    statements=("testing.client",),
    versions={"httpx": ">=0.28"},
    cases=(
        Bad(
            """
            from httpx import AsyncClient


            async def make(app) -> AsyncClient:
                return AsyncClient(app=app, base_url="http://test")  # !
            """,
            fixed="""
            from httpx import ASGITransport, AsyncClient


            async def make(app) -> AsyncClient:
                return AsyncClient(transport=ASGITransport(app=app), base_url="http://test")
            """,
        ),
        Bad(
            """
            import httpx


            async def make(backend) -> httpx.AsyncClient:
                return httpx.AsyncClient(base_url="http://test", app=backend.app)  # !
            """,
            fixed="""
            import httpx


            async def make(backend) -> httpx.AsyncClient:
                return httpx.AsyncClient(base_url="http://test", transport=httpx.ASGITransport(app=backend.app))
            """,
        ),
        Good(
            """
            from httpx import ASGITransport, AsyncClient


            async def make(app) -> AsyncClient:
                return AsyncClient(transport=ASGITransport(app=app), base_url="http://test")
            """
        ),
        Good(
            """
            from fastapi.testclient import TestClient


            def make(app) -> TestClient:
                return TestClient(app=app)
            """
        ),
        Good(
            """
            from httpx import AsyncClient


            async def make() -> AsyncClient:
                return AsyncClient(base_url="https://example.com")
            """
        ),
        FalseAlarm(
            """
            from httpx import AsyncClient


            async def make(app) -> AsyncClient:
                return AsyncClient(app=app)  # !
            """,
            why="httpx may be pinned below 0.28, which one file does not show",
        ),
        Miss(
            """
            from httpx import AsyncClient


            async def make(app) -> AsyncClient:
                return AsyncClient(**{"app": app})
            """,
            why="unpacked arguments are not read",
        ),
    ),
)


@RULE.on_call("AsyncClient", "Client")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    name = context.names.callee(call)
    app = keyword(call, "app")
    if name not in ("httpx.AsyncClient", "httpx.Client") or app is None:
        return
    word = next(word for word in call.keywords if word.arg == "app")
    transport = "httpx.ASGITransport" if name == "httpx.AsyncClient" else "httpx.WSGITransport"
    local, imports = context.imports.add(transport)
    edit = context.source.replace(word, f"transport={local}(app={context.source.segment(app)})")
    yield Problem(
        call,
        f"`{context.text(call.func)}` has no argument `app` since httpx 0.28; give it a transport.",
        fix=Fix((edit, *imports), safe=True, reason="The old argument did just this."),
    )
