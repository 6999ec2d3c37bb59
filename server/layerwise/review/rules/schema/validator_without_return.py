"""A validator returns nothing.

## Why is this bad?
What a validator returns becomes the value: the field is None from then on.

## Example
```python
@field_validator("age")
@classmethod
def check_age(cls, value: int) -> int:
    if value < 0:
        raise ValueError("age is negative")
```

## Use instead
```python
@field_validator("age")
@classmethod
def check_age(cls, value: int) -> int:
    if value < 0:
        raise ValueError("age is negative")
    return value
```

## Fix safety
Safe: the value that was checked is what the field is meant to hold.

## When to ignore
When the field is meant to be emptied.
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
    code="SCH009",
    severity="error",
    statements=("schema.validator",),
    requires=("pydantic",),
    cases=(
        Bad(
            """
            from pydantic import BaseModel, field_validator


            class User(BaseModel):
                age: int

                @field_validator("age")
                @classmethod
                def check_age(cls, value: int) -> int:  # !
                    if value < 0:
                        raise ValueError("age is negative")
            """,
            fixed="""
            from pydantic import BaseModel, field_validator


            class User(BaseModel):
                age: int

                @field_validator("age")
                @classmethod
                def check_age(cls, value: int) -> int:
                    if value < 0:
                        raise ValueError("age is negative")
                    return value
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel, model_validator


            class Period(BaseModel):
                start: int
                end: int

                @model_validator(mode="after")
                def check(self):  # !
                    assert self.start <= self.end
            """,
            fixed="""
            from pydantic import BaseModel, model_validator


            class Period(BaseModel):
                start: int
                end: int

                @model_validator(mode="after")
                def check(self):
                    assert self.start <= self.end
                    return self
            """,
        ),
        Good(
            """
            from pydantic import BaseModel, field_validator


            class User(BaseModel):
                age: int

                @field_validator("age")
                @classmethod
                def check_age(cls, value: int) -> int:
                    if value < 0:
                        raise ValueError("age is negative")
                    return value
            """
        ),
        Good(
            """
            from pydantic import BaseModel, field_validator


            class User(BaseModel):
                age: int

                @field_validator("age")
                @classmethod
                def never(cls, value: int) -> int:
                    raise ValueError("no age, please")
            """
        ),
        Good(
            """
            from app.forms import field_validator


            class User:
                @field_validator("age")
                def check_age(self, value: int) -> None:
                    assert value
            """
        ),
        FalseAlarm(
            """
            from pydantic import BaseModel, field_validator


            class Login(BaseModel):
                trap: str | None = None

                @field_validator("trap")
                @classmethod
                def forget(cls, value: str | None) -> None:  # !
                    log(value)
            """,
            why="a field that is meant to be emptied",
        ),
        Miss(
            """
            from pydantic import BaseModel, field_validator


            class User(BaseModel):
                age: int

                @field_validator("age")
                @classmethod
                def check_age(cls, value: int) -> int:
                    if value > 0:
                        return value
            """,
            why="one branch returns; the others are not followed",
        ),
    ),
)
_VALIDATORS = (
    "pydantic.field_validator",
    "pydantic.model_validator",
    "pydantic.validator",
    "pydantic.root_validator",
    "pydantic.functional_validators.field_validator",
)


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    used = [
        decorator
        for decorator in node.decorator_list
        if context.names.is_any(decorator.func if isinstance(decorator, ast.Call) else decorator, *_VALIDATORS)
    ]
    if not used or any(isinstance(each, ast.Return | ast.Yield) for each in context.tree.body(node)):
        return
    if isinstance(node.body[-1], ast.Raise) or _is_stub(node):
        return
    names = [argument.arg for argument in node.args.args]
    value = names[1] if len(names) > 1 and names[0] in ("cls", "self") else names[0] if names else ""
    yield Problem(
        node,
        f"`{node.name}` returns nothing, so what it validates becomes None; end it with `return {value}`.",
        fix=_fix(context, node, value),
    )


def _is_stub(node: Function) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Pass) or (
        isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...
    )


def _fix(context: Context, node: Function, value: str) -> Fix | None:
    source, last = context.source, node.body[-1]
    if not value or last.lineno == node.lineno:
        return None
    text = f"{source.newline}{source.indent(last)}return {value}"
    line = last.end_lineno or last.lineno
    end = source.offset(line, len(source.lines[line - 1]))
    return Fix((source.insert(end, text),), safe=True, reason="The value that was checked is what the field holds.")
