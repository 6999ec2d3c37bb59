"""A response schema holds a password or its hash.

## Why is this bad?
Every client that may read the object gets the secret with it.

## Example
```python
class UserResponse(UserBase):
    id: int
    hashed_password: str
```

## Use instead
```python
class UserResponse(UserBase):
    id: int
```

## When to ignore
For the answer that shows a new key once, to its owner.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import is_true, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="SCH001",
    severity="error",
    statements=("schema.response", "schema.indb", "schema.separate"),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic import BaseModel, ConfigDict


            class UserResponse(BaseModel):
                model_config = ConfigDict(from_attributes=True)
                id: int
                hashed_password: str  # !
            """
        ),
        Bad(
            """
            from pydantic import BaseModel, ConfigDict


            class UserInDB(BaseModel):
                model_config = ConfigDict(from_attributes=True)
                id: int
                hashed_password: str


            class UserRead(UserInDB):  # !
                name: str
            """
        ),
        Bad(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class UserInDB(BaseModel):
                id: int
                hashed_password: str


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep) -> UserInDB:  # !
                return await service.get(user_id)
            """
        ),
        Good(
            """
            from pydantic import BaseModel, ConfigDict


            class UserResponse(BaseModel):
                model_config = ConfigDict(from_attributes=True)
                id: int
                email: str


            class UserInDB(UserResponse):
                hashed_password: str
            """
        ),
        Good(
            """
            from pydantic import BaseModel, Field


            class UserResponse(BaseModel):
                name: str
                password: str = Field(exclude=True)
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                name: str
                password: str


            class TokenResponse(BaseModel):
                access_token: str
                token_type: str
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel


            class CredentialsResponse(BaseModel):
                username: str
                password: str  # !
            """,
            why="a password that was just made is shown once, on purpose",
        ),
        Miss(
            """
            from app.schemas.internal import UserInternal


            class UserResponse(UserInternal):
                name: str
            """,
            why="the fields of the base are in another file",
        ),
    ),
)
_RESPONSE = re.compile(r"(Response|Read|Out|Public|View|Detail)$")
_SECRET = re.compile(
    r"^(hashed_password|password|password_hash|passwd|pwd|secret_key|totp_secret|otp_secret|mfa_secret)$"
)


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if not _RESPONSE.search(node.name) or context.classes.kind(node) != "schema":
        return
    for field in context.classes.all_fields(node).values():
        if _SECRET.match(field.name) and not _is_excluded(field.value):
            own = field.node in node.body
            origin = "" if own else f", inherited from `{_owner(context, field.node)}`"
            yield Problem(field.node if own else node, f"`{node.name}` sends `{field.name}` to the client{origin}.")


@RULE.on_route
def check_route(context: Context, route: Route) -> Iterator[Problem]:
    """An internal schema that is named as the response of a route."""
    declared = route.option("response_model") or route.function.returns
    klass = context.classes.by_name.get(declared.id) if isinstance(declared, ast.Name) else None
    if klass is None or _RESPONSE.search(klass.name) or context.classes.kind(klass) != "schema":
        return
    secrets = [
        field.name
        for field in context.classes.all_fields(klass).values()
        if _SECRET.match(field.name) and not _is_excluded(field.value)
    ]
    if secrets:
        yield Problem(route.function, f"`{route.label}` answers with `{klass.name}`, which holds `{secrets[0]}`.")


def _is_excluded(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and is_true(keyword(value, "exclude"))


def _owner(context: Context, field: ast.AnnAssign) -> str:
    klass = context.tree.klass(field)
    return klass.name if klass is not None else ""
