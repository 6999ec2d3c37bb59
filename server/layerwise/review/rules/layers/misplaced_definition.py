"""A definition stands in the folder of another layer.

## Why is this bad?
Whoever looks for a model in `models/` or a route in `endpoints/` does not find it, and the folder that it stands in
starts to import what its layer must not know.

## Example
```python
# app/services/users.py
@router.get("/users")
async def read_users(service: UserServiceDep) -> list[UserResponse]:
    return await service.get_all()
```

## Use instead
```python
# app/api/v1/endpoints/users.py
@router.get("/users")
async def read_users(service: UserServiceDep) -> list[UserResponse]:
    return await service.get_all()
```

## When to ignore
When the project is laid out by feature, not by layer.
"""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from layerwise.review.context import Context
from layerwise.review.layers import layer_of_class
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="LAY009",
    severity="info",
    profile="strict",
    statements=(
        "structure.endpoints",
        "structure.models",
        "structure.schemas",
        "structure.services",
        "structure.repositories",
    ),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep) -> list[UserResponse]:  # !
                return await service.get_all(10)
            """,
            path="app/services/users.py",
        ),
        Bad(
            """
            from pydantic import BaseModel


            class UserResponse(BaseModel):  # !
                id: int
            """,
            path="app/models/user.py",
        ),
        Bad(
            """
            class UserService:  # !
                pass


            class UserRepository:
                pass
            """,
            path="app/repositories/user.py",
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserResponse(BaseModel):
                id: int
            """,
            path="app/schemas/user.py",
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserResponse(BaseModel):
                id: int
            """,
            path="app/users/models.py",
        ),
        Good(
            """
            class UserRepository:
                pass
            """,
            path="app/repositories/user.py",
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel


            class Address(BaseModel):  # !
                street: str
            """,
            path="app/models/address.py",
            why="a Pydantic class that is stored as JSON in a column looks like a schema",
        ),
    ),
)
_FOLDERS = {
    **dict.fromkeys(("endpoints", "routes", "routers"), "endpoint"),
    **dict.fromkeys(("services",), "service"),
    **dict.fromkeys(("repositories", "crud"), "repository"),
    **dict.fromkeys(("models",), "model"),
    **dict.fromkeys(("schemas",), "schema"),
}


@RULE.on_function
def check_routes(context: Context, node: Function) -> Iterator[Problem]:
    layer = _folder_layer(context)
    if layer not in ("", "endpoint") and node in context.route_functions:
        yield Problem(node, f"The route `{node.name}` stands among {_plural(layer)}; routes belong to the endpoints.")


@RULE.on_class
def check_classes(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    layer = _folder_layer(context)
    own = context.classes.kind(node) or layer_of_class(node) or ""
    if layer and own in _FOLDERS.values() and own != layer and not (layer == "endpoint" and own == "schema"):
        yield Problem(node, f"`{node.name}` stands among {_plural(layer)} and belongs to the {_plural(own)}.")


def _folder_layer(context: Context) -> str:
    """The layer that the folder of the file is named after; empty when it is named after none."""
    return _FOLDERS.get(PurePosixPath(context.path).parent.name, "") if context.file_layer != "test" else ""


def _plural(layer: str) -> str:
    return f"{layer[:-1]}ies" if layer.endswith("y") else f"{layer}s"
