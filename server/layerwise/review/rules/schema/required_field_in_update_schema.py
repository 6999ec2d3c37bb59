"""An update schema has a required field.

## Why is this bad?
A PATCH that changes one field must then send this one too, and overwrites it with what the client last saw.

## Example
```python
class UserUpdate(BaseModel):
    email: EmailStr
    full_name: str | None = None
```

## Use instead
```python
class UserUpdate(BaseModel):
    email: EmailStr | None = None
    full_name: str | None = None
```

## Fix safety
Unsafe: the code that uses the schema must leave fields alone that were not sent.

## When to ignore
For a PUT, which replaces the whole object.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.review.classes import Field, fields
from layerwise.review.context import Context
from layerwise.review.finding import Edit, Finding, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.schemas import schema_parameters
from layerwise.review.tree import callee_name, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH002",
    severity="warning",
    statements=("schema.update",),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic import BaseModel, Field


            class UserUpdate(BaseModel):
                email: str  # !
                age: int = Field(ge=0)  # !
                name: str | None = None
            """,
            fixed="""
            from pydantic import BaseModel, Field


            class UserUpdate(BaseModel):
                email: str | None = None
                age: int | None = Field(None, ge=0)
                name: str | None = None
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel


            class UserBase(BaseModel):
                email: str


            class UserUpdate(UserBase):  # !
                name: str | None = None
            """
        ),
        Good(
            """
            from pydantic import BaseModel, Field


            class UserUpdate(BaseModel):
                email: str | None = None
                name: str | None = Field(default=None, max_length=50)
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from pydantic import BaseModel

            router = APIRouter()


            class UserUpdate(BaseModel):
                email: str


            @router.put("/users/{user_id}")
            async def replace_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
                return await service.replace(user_id, data)
            """
        ),
        Good(
            """
            from pydantic import BaseModel, SecretStr


            class UserCreate(BaseModel):
                email: str


            class PasswordUpdate(BaseModel):
                current: SecretStr | None = None
                new: SecretStr


            class StateUpdate(BaseModel):
                state: str
                reached_at: datetime
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel


            class StatusUpdate(BaseModel):
                status: str  # !
                note: str | None = None
            """,
            why="a message about an update is called like a schema for one",
        ),
        Miss(
            """
            from app.schemas.base import UserBase


            class UserUpdate(UserBase):
                name: str | None = None
            """,
            why="the fields of the base are in another file",
        ),
    ),
)
_UPDATE = re.compile(r"(Update|Patch)(Request|Schema)?$")


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if not _UPDATE.search(node.name) or context.classes.kind(node) != "schema" or _is_put(context, node.name):
        return
    every = context.classes.all_fields(node)
    required = [field for field in every.values() if field.required]
    if len(required) == len(every) or "Password" in node.name:
        return
    own = [field for field in fields(node) if field in required]
    for field in own:
        yield Problem(
            field.node,
            f"`{node.name}.{field.name}` is required: every partial update must send it.",
            fix=_fix(context, field),
        )
    inherited = [field.name for field in required if field not in own]
    if inherited:
        shown = ", ".join(f"`{name}`" for name in inherited[:3])
        yield Problem(node, f"`{node.name}` inherits the required {shown}: every partial update must send them.")


def _is_put(context: Context, name: str) -> bool:
    """Whether a PUT route of this module takes the schema."""
    return any(
        isinstance(argument.annotation, ast.Name) and argument.annotation.id == name
        for route in context.routes
        if route.method == "put"
        for argument in parameters(route.function)
    )


def _fix(context: Context, field: Field) -> Fix | None:
    source, value = context.source, field.value
    annotation = source.segment(field.annotation)
    if annotation.startswith("Annotated"):
        return None
    optional = annotation if "None" in annotation or annotation.startswith("Optional") else f"{annotation} | None"
    edits = [source.replace(field.annotation, optional)]
    if value is None:
        edits = [Edit(context.path, edits[0].start, edits[0].end, f"{optional} = None")]
    elif isinstance(value, ast.Call) and callee_name(value) == "Field":
        if value.args:
            edits.append(source.replace(value.args[0], "None"))
        else:
            opening = source.text.index("(", source.end(value.func)) + 1
            edits.append(source.insert(opening, "None, " if value.keywords else "None"))
    else:
        edits.append(source.replace(value, "None"))
    return Fix(tuple(edits), safe=False, reason="Leave fields alone that were not sent: dump with exclude_unset=True.")


@RULE.refute
def is_no_partial_update(view: ProjectView, finding: Finding) -> bool:
    """Whether no route that changes a part takes the schema, though the project has routes."""
    project: Project = view.project
    here = [schema for schema in project.schemas.values() if schema.place.path == finding.path]
    schema = max(
        (each for each in here if each.place.line <= finding.line), key=lambda each: each.place.line, default=None
    )
    if schema is None or not project.api.routes:
        return False
    return not any(
        taken == schema
        for route in project.api.routes
        if "PATCH" in route.methods
        for _, taken in schema_parameters(project, route.function)
    )
