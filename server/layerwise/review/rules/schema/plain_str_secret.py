"""A password of a request is a plain `str`.

## Why is this bad?
A plain string shows in every `repr`, log line, traceback and validation error that holds the schema.

## Example
```python
class UserCreate(BaseModel):
    email: EmailStr
    password: str = Field(min_length=12)
```

## Use instead
```python
class UserCreate(BaseModel):
    email: EmailStr
    password: SecretStr = Field(min_length=12)
```

## When to ignore
When nothing ever logs or shows the schema.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SCH015",
    severity="info",
    profile="strict",
    statements=("schema.create", "dont.secrets"),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic import BaseModel, EmailStr


            class UserCreate(BaseModel):
                email: EmailStr
                password: str  # !
            """
        ),
        Bad(
            """
            from pydantic import BaseModel, Field


            class PasswordChange(BaseModel):
                current_password: str = Field(min_length=12)  # !
                new_password: str | None = None  # !
            """
        ),
        Good(
            """
            from pydantic import BaseModel, EmailStr, SecretStr


            class UserCreate(BaseModel):
                email: EmailStr
                password: SecretStr
            """
        ),
        Good(
            """
            from pydantic import BaseModel, Field


            class UserCreate(BaseModel):
                email: str
                password: str = Field(min_length=12, repr=False)
            """
        ),
        Good(
            """
            class Row:
                hashed_password: str
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel


            class Form(BaseModel):
                password: str  # !

                def __repr__(self) -> str:
                    return "Form()"
            """,
            why="an own `__repr__` is not read",
        ),
    ),
    evidence=("grillazz/fastapi-sqlalchemy-asyncpg 68e73d60ec",),
)
_SECRET = re.compile(r"(^|(?<!hashed)_)(password|passwd|passphrase|client_secret|api_secret|private_key)$")


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if context.classes.kind(node) != "schema":
        return
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        words = field.value.keywords if isinstance(field.value, ast.Call) else []
        hidden = any(word.arg in ("repr", "exclude") for word in words)
        if _SECRET.search(field.target.id) and _is_text(field.annotation) and not hidden:
            yield Problem(field, f"`{node.name}.{field.target.id}` shows in logs and errors; make it a `SecretStr`.")


def _is_text(annotation: ast.expr) -> bool:
    """`str`, `str | None`, `Optional[str]` and `Annotated[str, …]`."""
    if isinstance(annotation, ast.BinOp):
        return _is_text(annotation.left) or _is_text(annotation.right)
    if isinstance(annotation, ast.Subscript) and dotted(annotation.value).endswith(("Optional", "Annotated")):
        inner = annotation.slice
        return _is_text(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
    return isinstance(annotation, ast.Name) and annotation.id == "str"
