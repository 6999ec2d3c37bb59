"""Start-up and shutdown use `on_event`.

## Why is this bad?
It is deprecated, and the handlers are silently ignored once the app is given a `lifespan`.

## Example
```python
@app.on_event("startup")
async def start() -> None:
    await connect()
```

## Use instead
```python
@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await connect()
    yield

app = FastAPI(lifespan=lifespan)
```

## When to ignore
While the app must run on FastAPI older than 0.93.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="API011",
    severity="warning",
    habit=True,
    statements=("structure.main",),
    requires=("fastapi",),
    versions={"fastapi": ">=0.93"},
    cases=(
        Bad(
            """
            from fastapi import FastAPI

            app = FastAPI()


            @app.on_event("startup")  # !
            async def start() -> None:
                await connect()
            """
        ),
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.on_event("shutdown")  # !
            async def stop() -> None:
                await disconnect()
            """
        ),
        Good(
            """
            from contextlib import asynccontextmanager

            from fastapi import FastAPI


            @asynccontextmanager
            async def lifespan(app: FastAPI):
                await connect()
                yield


            app = FastAPI(lifespan=lifespan)
            """
        ),
        Good(
            """
            from app.bus import bus


            @bus.on_event("startup")
            async def start() -> None:
                await connect()
            """
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI()
            app.state.ready = True
            """
        ),
        FalseAlarm(
            """
            from fastapi import FastAPI

            app = FastAPI(title="Pinned to FastAPI 0.90")


            @app.on_event("startup")  # !
            async def start() -> None:
                await connect()
            """,
            why="which version runs the app is not in this file",
        ),
        Miss(
            """
            from fastapi import FastAPI

            app = FastAPI()
            app.add_event_handler("startup", connect)
            """,
            why="the other old way is rarer",
        ),
    ),
)


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    for decorator in node.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr == "on_event"
        ):
            owner = dotted(decorator.func.value).rpartition(".")[2]
            if owner in ("app", "router", "application", "api", "api_router", "fastapi_app"):
                yield Problem(decorator, f"`{node.name}` runs through `on_event`; move it into the app's `lifespan`.")
