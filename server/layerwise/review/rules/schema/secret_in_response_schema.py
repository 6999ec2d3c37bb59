"""A response schema holds a password or a hash of one.

## Why is this bad?
Whatever the response schema names is sent to the client: an inherited `hashed_password` leaks with every answer.

## Example
```python
class UserInDB(UserBase):
    hashed_password: str


class UserResponse(UserInDB):
    id: int
```

## Use instead
```python
class UserResponse(UserBase):
    id: int


class UserInDB(UserResponse):
    hashed_password: str
```

## When to ignore
When the secret is made by this very request and shown once.
"""

import re
from collections.abc import Iterator

from layerwise.project.expressions import dotted_name, parse_expression
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.project.routes import Route
from layerwise.project.schemas import Schema, SchemaField
from layerwise.review.finding import Step
from layerwise.review.places import line_span
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, ProjectView, Rule
from layerwise.review.schemas import names_in

PASSWORD = re.compile(r"^(hashed_|encrypted_)?(password|passwd)(_hash|_hashed|_digest)?$|^pwd_hash$|^password_salt$")
_SECRET = re.compile(r"^(secret_key|private_key|(otp|totp|mfa)_secret|client_secret)$")
_DEEPEST = 3

RULE = Rule(
    __name__,
    __doc__,
    code="SCH001",
    severity="error",
    scope="project",
    statements=("schema.indb", "schema.response"),
    cases=(
        Bad(
            {
                "app/schemas.py": """
                from pydantic import BaseModel


                class UserBase(BaseModel):
                    email: str


                class UserInDB(UserBase):
                    hashed_password: str


                class UserResponse(UserInDB):  # !
                    id: int
                """,
                "app/api.py": """
                from app.schemas import UserResponse
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/users/{user_id}")
                async def read_user(user_id: int) -> UserResponse:
                    return await load(user_id)
                """,
            }
        ),
        Bad(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class Owner(BaseModel):  # !
                email: str
                password: str


            class Shop(BaseModel):
                owner: Owner | None = None


            @router.get("/shops", response_model=list[Shop])
            async def list_shops():
                return await load()
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel, Field, SecretStr

            router = APIRouter()


            class UserCreate(BaseModel):
                email: str
                password: SecretStr


            class UserResponse(BaseModel):
                email: str
                hashed_password: str = Field(exclude=True)
                has_password: bool


            @router.post("/users")
            async def create_user(data: UserCreate) -> UserResponse:
                return await create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class Token(BaseModel):
                access_token: str
                token_type: str


            @router.post("/login")
            async def login() -> Token:
                return await create_token()
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class UserInDB(BaseModel):
                hashed_password: str


            async def load(user_id: int) -> UserInDB:
                return UserInDB(hashed_password="x")


            @router.get("/users/{user_id}")
            async def read_user(user_id: int) -> str:
                return (await load(user_id)).hashed_password[:0]
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class Invitation(BaseModel):  # !
                email: str
                password: str


            @router.post("/invitations")
            async def invite() -> Invitation:
                return await create_invitation()
            """,
            why="a first password that is shown once looks like one that leaks",
        ),
    ),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    reported: set[Symbol] = set()
    for route in project.api.routes:
        if project.layers[route.place.path] in ASIDE:
            continue
        path = route.function.partition(JOINT)[0]
        for schema, field in _find_secrets(project, path, route.response_model or route.returns, route, _DEEPEST):
            if schema.symbol not in reported:
                reported.add(schema.symbol)
                yield _report(view, route, schema, field)


def _find_secrets(
    project: Project, path: str, annotation: str, route: Route, depth: int
) -> Iterator[tuple[Schema, SchemaField]]:
    """The schemas with a secret that an annotation sends, in it or in the fields of what it names."""
    for name in names_in(annotation):
        schema = project.schemas.get(project.resolve(path, name))
        if schema is None or depth <= 0:
            continue
        for field in schema.fields:
            if not field.excluded and _is_secret(field, route):
                yield schema, field
            elif dotted_name(parse_expression(field.type)) not in ("str", "int", "bool"):
                yield from _find_secrets(project, field.place.path, field.annotation, route, depth - 1)


def _is_secret(field: SchemaField, route: Route) -> bool:
    if "Secret" in field.annotation or field.type in ("bool", "None"):
        return False
    return bool(PASSWORD.match(field.name) or ("GET" in route.methods and _SECRET.match(field.name)))


def _report(view: ProjectView, route: Route, schema: Schema, field: SchemaField) -> Problem:
    handler = route.function.rpartition(JOINT)[2]
    inherited = (
        "" if field.place.path == schema.place.path and field.place.line >= schema.place.line else " inherits and"
    )
    return Problem(
        line_span(view.source(schema.place.path), schema.place.line),
        f"`{schema.name}`{inherited} sends `{field.name}` to the client: `{handler}` answers with it.",
        path=schema.place.path,
        trace=(
            Step(
                route.place.path,
                route.place.line,
                f"`{handler}` answers with `{route.response_model or route.returns}`",
            ),
            Step(field.place.path, field.place.line, f"`{field.name}` is defined here"),
        ),
    )
