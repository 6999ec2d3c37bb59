"""Schemas of one thing repeat the same fields.

## Why is this bad?
A bound that is tightened in one of them is forgotten in the others, so what can be created cannot be updated or shown.

## Example
```python
class UserCreate(BaseModel):
    email: EmailStr
    name: str = Field(max_length=50)
    city: str = Field(max_length=50)


class UserResponse(BaseModel):
    email: EmailStr
    name: str = Field(max_length=50)
    city: str = Field(max_length=50)
```

## Use instead
```python
class UserBase(BaseModel):
    email: EmailStr
    name: str = Field(max_length=50)
    city: str = Field(max_length=50)


class UserCreate(UserBase):
    password: SecretStr


class UserResponse(UserBase):
    id: int
```

## When to ignore
When the schemas are meant to grow apart.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SCH021",
    severity="info",
    profile="strict",
    statements=("schema.base",),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                email: str
                name: str
                city: str


            class UserResponse(BaseModel):  # !
                id: int
                email: str
                name: str
                city: str
            """
        ),
        Bad(
            """
            from pydantic import BaseModel, Field


            class CreatePost(BaseModel):
                title: str = Field(max_length=9)
                text: str
                slug: str


            class ReadPost(BaseModel):  # !
                title: str = Field(max_length=9)
                text: str
                slug: str
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserBase(BaseModel):
                email: str
                name: str
                city: str


            class UserCreate(UserBase):
                note: str


            class UserResponse(UserBase):
                id: int
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                email: str
                name: str
                city: str


            class UserUpdate(BaseModel):
                email: str | None = None
                name: str | None = None
                city: str | None = None
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                email: str
                name: str
                city: str


            class ShopResponse(BaseModel):
                email: str
                name: str
                city: str
            """
        ),
        Miss(
            """
            from pydantic import BaseModel


            class UserCreate(BaseModel):
                email: str
                name: str


            class UserResponse(BaseModel):
                email: str
                name: str
            """,
            why="two fields are not worth a base",
        ),
    ),
)
_LEAST = 3
_SIDE = re.compile(r"(Create|Update|Response|Read|Out|In|InDB|Base|Public|Request|Schema|Detail)")


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    seen: dict[str, list[tuple[ast.ClassDef, set[str]]]] = {}
    for node in context.classes.of_kind("schema"):
        if {dotted(base).rpartition(".")[2] for base in node.bases} != {"BaseModel"}:
            continue
        own = {ast.unparse(field) for field in node.body if isinstance(field, ast.AnnAssign)}
        about = _SIDE.sub("", node.name)
        for other, fields in seen.setdefault(about, []):
            if len(own & fields) >= _LEAST:
                yield Problem(
                    node, f"`{node.name}` and `{other.name}` repeat {len(own & fields)} fields; share a base."
                )
                break
        seen[about].append((node, own))
