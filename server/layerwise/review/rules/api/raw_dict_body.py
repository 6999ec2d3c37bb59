"""A path operation takes its body as a dict.

## Why is this bad?
Nothing is checked: missing fields are KeyErrors, which are 500s, and unknown ones reach the database.

## Example
```python
@router.post("/users", status_code=201)
async def create_user(data: dict, service: UserServiceDep) -> UserResponse:
    return await service.create(data)
```

## Use instead
```python
@router.post("/users", status_code=201)
async def create_user(data: UserCreate, service: UserServiceDep) -> UserResponse:
    return await service.create(data)
```

## When to ignore
For webhooks whose form is not yours to define.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted, parameters, with_defaults

RULE = Rule(
    __name__,
    __doc__,
    code="SEC002",
    severity="warning",
    statements=("dont.validation", "do.pydantic", "schema.create", "layer.endpoints"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: dict, service: UserServiceDep) -> UserResponse:  # !
                return await service.create(data)
            """
        ),
        Bad(
            """
            from typing import Any

            from fastapi import APIRouter, Body, Request

            router = APIRouter()


            @router.patch("/users/{user_id}")
            async def update_user(
                user_id: int,
                service: UserServiceDep,
                data: dict[str, Any] = Body(...),  # !
            ) -> UserResponse:
                return await service.update(user_id, data)


            @router.post("/orders", status_code=201)
            async def create_order(request: Request, service: OrderServiceDep) -> OrderResponse:
                data = await request.json()  # !
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: UserCreate, service: UserServiceDep) -> UserResponse:
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: UserCreate, claims: dict = Depends(get_claims)) -> UserResponse:
                return await create(data, claims)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Request

            router = APIRouter()


            @router.post("/webhooks/stripe")
            async def receive(request: Request, service: HookServiceDep) -> None:
                await service.receive(await request.json())
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Request
            from pydantic import BaseModel

            router = APIRouter()


            class OrderCreate(BaseModel):
                item: str


            @router.post("/orders", status_code=201)
            async def create_order(request: Request, data: OrderCreate, service: OrderServiceDep) -> OrderResponse:
                return await service.create(data, raw=await request.json())
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.put("/preferences")
            async def save(data: dict[str, str], service: PreferenceServiceDep) -> None:  # !
                await service.save(data)
            """,
            why="a mapping of free keys is what some bodies are",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: Payload, service: UserServiceDep) -> UserResponse:
                return await service.create(data)
            """,
            why="an alias of dict is not followed",
        ),
    ),
    evidence=("mealie-recipes/mealie be378cb20c",),
)
_PARSES = re.compile(r"(^|_|\b)(parse|process|validate|decode|load)", re.IGNORECASE)
_DICTS = ("dict", "typing.Dict", "Dict", "typing.Any", "Any", "typing.Mapping", "collections.abc.Mapping")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    if route.method not in ("post", "put", "patch") or "hook" in f"{route.path} {route.function.name}".lower():
        return
    function = route.function
    for argument, default in with_defaults(function):
        is_body = default is None or (isinstance(default, ast.Call) and callee_name(default) == "Body")
        if is_body and argument.annotation is not None and _is_dict(context, argument.annotation):
            yield Problem(argument, f"`{argument.arg}` of `{function.name}` is not validated; give it a schema.")
    yield from _check_request(context, route)


def _is_dict(context: Context, annotation: ast.expr) -> bool:
    inner = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = dotted(inner)
    return name in ("dict", "Dict") or context.names.qualified(inner) in _DICTS


def _check_request(context: Context, route: Route) -> Iterator[Problem]:
    """`await request.json()` where the route validates nothing of it."""
    requests = {
        argument.arg
        for argument in parameters(route.function)
        if context.names.is_any(argument.annotation, "fastapi.Request")
    }
    if any(_is_schema(context, argument) for argument in parameters(route.function)):
        return
    validated = any(
        isinstance(node, ast.Call) and callee_name(node) in ("model_validate", "validate_python", "parse_obj")
        for node in context.tree.body(route.function)
    )
    for node in context.tree.body(route.function):
        receiver = (
            dotted(node.func.value) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        )
        if not isinstance(node, ast.Call) or receiver not in requests or callee_name(node) != "json":
            continue
        if not validated and not _is_parsed(context, node):
            yield Problem(node, f"The body that `{route.function.name}` reads is not validated; take it as a schema.")


def _is_parsed(context: Context, call: ast.Call) -> bool:
    """Whether the body goes straight to a function that says that it parses it."""
    awaited = context.tree.parent(call)
    taker = context.tree.parent(awaited) if awaited is not None else None
    return isinstance(taker, ast.Call) and _PARSES.search(context.text(taker)) is not None


def _is_schema(context: Context, argument: ast.arg) -> bool:
    """Whether a parameter is a schema, so that the body is validated already: a class of this module, or named so."""
    name = dotted(argument.annotation) if argument.annotation is not None else ""
    return name in context.classes.by_name or name.endswith(("Body", "Schema"))
