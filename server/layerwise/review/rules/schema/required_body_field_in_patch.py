"""A PATCH route demands body fields one by one.

## Why is this bad?
A client that wants to change one thing must send everything, and whatever it sends stale overwrites what is stored.

## Example
```python
@router.patch("/stores/{store_id}")
async def patch_store(
    store_id: int, service: StoreServiceDep, name: Annotated[str, Body(embed=True)], active: Annotated[bool, Body()]
) -> StoreResponse:
    return await service.update(store_id, name=name, active=active)
```

## Use instead
```python
@router.patch("/stores/{store_id}")
async def patch_store(store_id: int, service: StoreServiceDep, data: StoreUpdate) -> StoreResponse:
    return await service.update(store_id, data.model_dump(exclude_unset=True))
```

## When to ignore
When the route changes exactly this one thing.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, with_defaults

RULE = Rule(
    __name__,
    __doc__,
    code="SCH020",
    severity="warning",
    statements=("schema.update", "repository.update"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from typing import Annotated

            from fastapi import APIRouter, Body

            router = APIRouter()


            @router.patch("/stores/{store_id}")
            async def patch_store(
                store_id: int,
                service: StoreServiceDep,
                name: Annotated[str, Body(embed=True)],  # !
                is_active: Annotated[bool, Body(embed=True)],
            ) -> StoreResponse:
                return await service.update(store_id, name, is_active)
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, Form

            router = APIRouter()


            @router.patch("/me")
            async def patch_me(service: UserServiceDep, name: str = Form(...), city: str = Form()) -> UserResponse:  # !
                return await service.update(name, city)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/stores/{store_id}")
            async def patch_store(store_id: int, service: StoreServiceDep, data: StoreUpdate) -> StoreResponse:
                return await service.update(store_id, data)
            """
        ),
        Good(
            """
            from typing import Annotated

            from fastapi import APIRouter, Body

            router = APIRouter()


            @router.patch("/stores/{store_id}/name")
            async def rename_store(
                store_id: int, service: StoreServiceDep, name: Annotated[str, Body(embed=True)]
            ) -> StoreResponse:
                return await service.rename(store_id, name)
            """
        ),
        Good(
            """
            from typing import Annotated

            from fastapi import APIRouter, Body

            router = APIRouter()


            @router.patch("/stores/{store_id}")
            async def patch_store(
                store_id: int,
                service: StoreServiceDep,
                name: Annotated[str | None, Body()] = None,
                city: Annotated[str | None, Body()] = None,
            ) -> StoreResponse:
                return await service.update(store_id, name, city)
            """
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/stores/{store_id}")
            async def patch_store(store_id: int, service: StoreServiceDep, name: str, city: str) -> StoreResponse:
                return await service.update(store_id, name, city)
            """,
            why="query parameters are not the body of the request",
        ),
    ),
    evidence=("SharkTrchBrasil/back_end_python_fastAPI 5173a4e932",),
)
_BODIES = ("Body", "Form")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    if route.method != "patch":
        return
    required = [argument for argument, default in with_defaults(route.function) if _is_demanded(argument, default)]
    if len(required) > 1:
        names = " and ".join(f"`{argument.arg}`" for argument in required[:2])
        yield Problem(required[0], f"{route.label} demands {names}: take a schema of optional fields instead.")


def _is_demanded(argument: ast.arg, default: ast.expr | None) -> bool:
    """`x: str = Body(...)`, `x: str = Body()` and `x: Annotated[str, Body()]` without a default."""
    if isinstance(default, ast.Call):
        given = default.args[0] if default.args else None
        return callee_name(default) in _BODIES and (given is None or _is_ellipsis(given)) and not _has_default(default)
    if default is not None and not _is_ellipsis(default):
        return False
    metadata = (
        [node for node in ast.walk(argument.annotation) if isinstance(node, ast.Call)] if argument.annotation else []
    )
    return any(callee_name(call) in _BODIES and not _has_default(call) for call in metadata)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _has_default(call: ast.Call) -> bool:
    return any(word.arg in ("default", "default_factory") and not _is_ellipsis(word.value) for word in call.keywords)
