"""A path operation does not say what it answers.

## Why is this bad?
Nothing filters or documents the answer: a column that is added to the model is sent to every client.

## Example
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, service: UserServiceDep):
    return await service.get(user_id)
```

## Use instead
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
    return await service.get(user_id)
```

## When to ignore
For routes that answer with a `Response` of their own.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="API001",
    severity="warning",
    habit=True,
    statements=("schema.response", "do.type-hints", "layer.endpoints"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep):  # !
                return await service.get(user_id)
            """
        ),
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/{user_id}", response_model=UserResponse)
            async def read_user(user_id: int, service: UserServiceDep):
                return await service.get(user_id)


            @router.get("/users")
            async def read_users(service: UserServiceDep):  # !
                users = await service.get_all()
                return users
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                return await service.get(user_id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from fastapi.responses import FileResponse

            router = APIRouter()


            @router.get("/logo")
            async def read_logo():
                return FileResponse("logo.png")


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep):
                await service.delete(user_id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from fastapi.responses import HTMLResponse

            router = APIRouter()


            @router.get("/", response_class=HTMLResponse)
            async def index():
                return "<h1>Hello</h1>"
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/file")
            async def read_file(files: FileServiceDep):  # !
                return await files.as_response()
            """,
            why="that the call gives a Response shows elsewhere",
        ),
        Miss(
            """
            from fastapi import APIRouter
            from typing import Any

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep) -> Any:
                return await service.get(user_id)
            """,
            why="Any filters nothing either, but is a choice",
        ),
    ),
)


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    """Sure where most routes of the file declare their answer; where most do not, it is the file's way."""
    routes = [route for route in context.routes if route.method != "websocket"]
    lacking = [route for route in routes if _lacks(context, route)]
    throughout = len(lacking) > 1 and len(lacking) * 2 > len(routes)
    if context.file_layer in ("test", "script"):
        return
    for route in lacking:
        yield Problem(
            route.function,
            f"`{route.function.name}` ({route.label}) does not say what it answers; annotate its return type.",
            confidence="low" if throughout else "high",
        )


def _lacks(context: Context, route: Route) -> bool:
    if route.function.returns is not None or route.option("response_model") or route.option("response_class"):
        return False
    answers = [
        node.value
        for node in context.tree.body(route.function)
        if isinstance(node, ast.Return) and node.value is not None and not _is_plain(node.value)
    ]
    return bool(answers)


def _is_plain(value: ast.expr) -> bool:
    """A Response, a dict that is written out, or a constant: nothing of the database is in sight."""
    if isinstance(value, ast.Call):
        name = callee_name(value)
        return name.endswith("Response") or name in ("render", "redirect")
    return isinstance(value, ast.Constant | ast.Dict | ast.JoinedStr)
