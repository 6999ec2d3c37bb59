"""A setting that must be secret has a default.

## Why is this bad?
A deployment that forgets the variable starts all the same, and signs its tokens with a key that everybody can read.

## Example
```python
class Settings(BaseSettings):
    SECRET_KEY: str = "change-me"
```

## Use instead
```python
class Settings(BaseSettings):
    SECRET_KEY: str
```

## Fix safety
Unsafe: an environment that relied on the default does not start any more.

## When to ignore
In a settings class for local use only.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.classes import Field, fields
from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="CFG002",
    severity="error",
    statements=("dont.secrets", "config.secret-key", "config.defaults"),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                SECRET_KEY: str = "change-me"  # !
                DEBUG: bool = False
            """,
            fixed="""
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                SECRET_KEY: str
                DEBUG: bool = False
            """,
        ),
        Bad(
            """
            from pydantic import Field, SecretStr
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                jwt_secret: SecretStr = Field("not-so-secret", min_length=8)  # !
                smtp_password: str = Field(default="hunter22", alias="SMTP_PASSWORD")  # !
            """,
            fixed="""
            from pydantic import Field, SecretStr
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                jwt_secret: SecretStr = Field(min_length=8)
                smtp_password: str = Field(alias="SMTP_PASSWORD")
            """,
        ),
        Good(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                SECRET_KEY: str
                DATABASE_URL: str
                ACCESS_TOKEN_EXPIRE_MINUTES: int = 30
                TOKEN_URL: str = "/token"
            """
        ),
        Good(
            """
            import secrets

            from pydantic import Field
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                SECRET_KEY: str = Field(default_factory=secrets.token_urlsafe)
                SMTP_PASSWORD: str | None = None
                API_KEY: str = ""
            """
        ),
        Good(
            """
            from pydantic import BaseModel, Field


            class Login(BaseModel):
                password: str = Field(default="", repr=False)
            """
        ),
        FalseAlarm(
            """
            from pydantic_settings import BaseSettings


            class LocalSettings(BaseSettings):
                POSTGRES_PASSWORD: str = "postgres"  # !
            """,
            why="that the class is for local use shows only in its name",
        ),
        Miss(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DATABASE_URL: str = "postgresql+asyncpg://app:app@localhost/app"
            """,
            why="a URL for the local database is a fair default",
        ),
    ),
)
_SECRET = re.compile(
    r"(secret(_?key)?|password|passwd|api_?key|private_?key|signing_?key|auth_?token|jwt_?key)$", re.IGNORECASE
)


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if context.classes.kind(node) != "settings" or context.file_layer == "test":
        return
    for field in fields(node):
        if _SECRET.search(field.name) and (default := _default(field)) is not None:
            yield Problem(
                field.node,
                f"`{node.name}.{field.name}` has a default, so the app starts without a real one.",
                fix=Fix(
                    (_drop(context, field, default),),
                    safe=False,
                    reason="Without the variable the app does not start; set it in every environment.",
                ),
            )


def _default(field: Field) -> ast.Constant | None:
    """The text that the field is set to when the environment says nothing; None for an empty one."""
    value = field.value
    if isinstance(value, ast.Call) and callee_name(value) in ("Field", "SecretStr"):
        value = keyword(value, "default") or (value.args[0] if value.args else None)
    if isinstance(value, ast.Call) and callee_name(value) == "SecretStr" and value.args:
        value = value.args[0]
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value else None


def _drop(context: Context, field: Field, default: ast.Constant) -> Edit:
    source, value = context.source, field.value
    if isinstance(value, ast.Call) and callee_name(value) == "Field" and len([*value.args, *value.keywords]) > 1:
        given: list[ast.expr | ast.keyword] = [*value.args, *value.keywords]
        return source.drop_argument(value, next(each for each in given if default in ast.walk(each)))
    return Edit(context.path, source.end(field.annotation), source.end(field.node), "")
