"""A route answers with a body under a status that has none.

## Why is this bad?
A 204 has no body: servers drop it, or break the connection over the length.

## Example
```python
@router.delete("/users/{user_id}", status_code=204)
async def delete_user(user_id: int, service: UserServiceDep) -> dict[str, bool]:
    await service.delete(user_id)
    return {"ok": True}
```

## Use instead
```python
@router.delete("/users/{user_id}", status_code=204)
async def delete_user(user_id: int, service: UserServiceDep) -> None:
    await service.delete(user_id)
```

## When to ignore
Never; choose 200 where there is something to say.
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
    code="API004",
    severity="error",
    statements=("layer.endpoints", "repository.delete"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep) -> dict[str, bool]:
                await service.delete(user_id)
                return {"ok": True}  # !
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, status

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
            async def delete_user(user_id: int, service: UserServiceDep) -> UserResponse:
                return await service.delete(user_id)  # !
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep) -> None:
                await service.delete(user_id)
                return None
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Response

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep) -> Response:
                await service.delete(user_id)
                return Response(status_code=204)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep) -> None:
                return await service.delete(user_id)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/ping", status_code=204)
            async def ping(pings: PingServiceDep):
                return pings.response()  # !
            """,
            why="that the call gives a bare Response shows elsewhere",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()
            GONE = 204


            @router.delete("/users/{user_id}", status_code=GONE)
            async def delete_user(user_id: int) -> dict[str, bool]:
                return {"ok": True}
            """,
            why="the status is a constant of the project",
        ),
    ),
    evidence=("Sonar S8400",),
)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    status = route.option("status_code")
    if status is None or not (ast.unparse(status) == "204" or "HTTP_204" in ast.unparse(status)):
        return
    returns = route.function.returns
    is_none = isinstance(returns, ast.Constant) and returns.value is None
    if is_none or (returns is not None and context.names.qualified(returns).startswith(("fastapi.", "starlette."))):
        return
    for node in context.tree.body(route.function):
        value = node.value if isinstance(node, ast.Return) else None
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            continue
        if not (isinstance(value, ast.Call) and callee_name(value).endswith("Response")):
            yield Problem(node, f"{route.label} answers 204, which has no body, but returns `{context.text(value)}`.")
