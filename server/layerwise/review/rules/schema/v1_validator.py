"""A validator uses the decorators of Pydantic v1.

## Why is this bad?
`validator` and `root_validator` are deprecated, behave differently in v2, and go in v3.

## Example
```python
class UserCreate(BaseModel):
    name: str

    @validator("name")
    def strip(cls, value: str) -> str:
        return value.strip()
```

## Use instead
```python
class UserCreate(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def strip(cls, value: str) -> str:
        return value.strip()
```

## Fix safety
Safe where the validator takes the class and the value only and no options: v2 then runs both alike. Others have no fix.

## When to ignore
While the code must also run on Pydantic v1.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SCH006",
    severity="warning",
    habit=True,
    statements=("schema.validator", "do.pydantic"),
    requires=("pydantic",),
    versions={"pydantic": ">=2"},
    cases=(
        Bad(
            """
            from pydantic import BaseModel, validator


            class UserCreate(BaseModel):
                name: str

                @validator("name")  # !
                def strip(cls, value: str) -> str:
                    return value.strip()
            """,
            fixed="""
            from pydantic import BaseModel, field_validator


            class UserCreate(BaseModel):
                name: str

                @field_validator("name")
                @classmethod
                def strip(cls, value: str) -> str:
                    return value.strip()
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel, root_validator


            class Period(BaseModel):
                start: int
                end: int

                @root_validator(pre=True)  # !
                def check(cls, values: dict[str, int]) -> dict[str, int]:
                    return values
            """
        ),
        Good(
            """
            from pydantic import BaseModel, field_validator


            class UserCreate(BaseModel):
                name: str

                @field_validator("name")
                @classmethod
                def strip(cls, value: str) -> str:
                    return value.strip()
            """
        ),
        Good(
            """
            from marshmallow import validator


            class Form:
                @validator("name")
                def strip(self, value: str) -> str:
                    return value.strip()
            """
        ),
        Good(
            """
            from pydantic import BaseModel, model_validator


            class Period(BaseModel):
                start: int
                end: int

                @model_validator(mode="after")
                def check(self) -> "Period":
                    return self
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel, validator


            class Both(BaseModel):
                name: str

                @validator("name", always=True)  # !
                def strip(cls, value: str) -> str:
                    return value.strip()
            """,
            why="code that must run on both versions has no other way",
        ),
        Miss(
            """
            from pydantic.v1 import BaseModel, validator


            class UserCreate(BaseModel):
                name: str

                @validator("name")
                def strip(cls, value: str) -> str:
                    return value.strip()
            """,
            why="the v1 package says that v1 is meant",
        ),
    ),
)
_OLD = ("pydantic.validator", "pydantic.root_validator", "pydantic.class_validators.validator")


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    for decorator in node.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if context.names.is_any(named, *_OLD):
            new = "model_validator" if context.names.qualified(named).endswith("root_validator") else "field_validator"
            yield Problem(
                decorator,
                f"`@{context.text(named)}` on `{node.name}` is Pydantic v1; use `@{new}`.",
                fix=_fix(context, node, decorator),
            )


def _fix(context: Context, node: Function, decorator: ast.expr) -> Fix | None:
    """For a plain validator of named fields that takes the class and the value."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Name) or decorator.keywords:
        return None
    names = [argument.arg for argument in node.args.args]
    if context.names.qualified(decorator.func) == "pydantic.root_validator" or len(names) != 2 or names[0] != "cls":
        return None
    source = context.source
    local, imports = context.imports.swap(decorator.func.id, "pydantic.field_validator", uses=1)
    line = f"{source.newline}{source.indent(node)}@classmethod"
    has_classmethod = any(isinstance(each, ast.Name) and each.id == "classmethod" for each in node.decorator_list)
    edits = (
        source.replace(decorator.func, local),
        *(() if has_classmethod else (source.insert(source.end(decorator), line),)),
        *imports,
    )
    return Fix(edits, safe=True, reason="Without options v2 runs both decorators alike.")
