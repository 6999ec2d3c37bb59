"""A PATCH takes the schema that creates the object.

## Why is this bad?
The create schema has required fields and defaults: a partial update must send all of it, or overwrites the rest.

## Example
```python
@router.patch("/users/{user_id}")
async def update_user(user_id: int, data: UserCreate, service: UserServiceDep) -> UserResponse:
    return await service.update(user_id, data)
```

## Use instead
```python
@router.patch("/users/{user_id}")
async def update_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
    return await service.update(user_id, data)
```

## When to ignore
When every field of the create schema is optional.
"""

import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH019",
    severity="warning",
    statements=("schema.update", "schema.create", "schema.separate"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/users/{user_id}")
            async def update_user(user_id: int, data: UserCreate, service: UserServiceDep) -> UserResponse:  # !
                return await service.update(user_id, data)
            """
        ),
        Bad(
            """
            from app import schemas
            from fastapi import APIRouter, Body

            router = APIRouter()


            @router.patch("/users/{user_id}")
            async def update_user(
                user_id: int,
                service: UserServiceDep,
                data: schemas.UserCreate = Body(...),  # !
            ) -> UserResponse:
                return await service.update(user_id, data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/users/{user_id}")
            async def update_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
                return await service.update(user_id, data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.put("/users/{user_id}")
            async def replace_user(user_id: int, data: UserCreate, service: UserServiceDep) -> UserResponse:
                return await service.replace(user_id, data)
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
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/albums/{album_id}/photos")
            async def add_photo(album_id: int, data: PhotoCreate, service: AlbumServiceDep) -> AlbumResponse:  # !
                return await service.add(album_id, data)
            """,
            why="a PATCH that adds a part to the object creates that part",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.patch("/users/{user_id}")
            async def update_user(user_id: int, data: User, service: UserServiceDep) -> UserResponse:
                return await service.update(user_id, data)
            """,
            why="only the name says what the schema is for",
        ),
    ),
    evidence=("alexesma/DZ_fastapi 9252e5a0d0",),
)
_CREATE = re.compile(r"(?<=[a-z])Create(Request|Schema)?$|^Create[A-Z]")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    if route.method != "patch":
        return
    for argument in parameters(route.function):
        name = dotted(argument.annotation) if argument.annotation is not None else ""
        if _CREATE.search(name.rpartition(".")[2]):
            yield Problem(
                argument, f"{route.label} takes `{name}`: a partial update needs a schema of optional fields."
            )
