"""An object is made without being validated.

## Why is this bad?
`model_construct` takes whatever it is given: wrong types and missing fields go straight to the database.

## Example
```python
async def create(self, payload: dict[str, Any]) -> UserResponse:
    return await self.save(UserCreate.model_construct(**payload))
```

## Use instead
```python
async def create(self, payload: dict[str, Any]) -> UserResponse:
    return await self.save(UserCreate.model_validate(payload))
```

## Fix safety
Unsafe: data that passed until now may be refused.

## When to ignore
For data that were validated before, where speed counts.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="SCH017",
    severity="warning",
    statements=("dont.validation", "do.pydantic"),
    cases=(
        Bad(
            """
            def read(payload: dict[str, str]) -> UserCreate:
                return UserCreate.model_construct(**payload)  # !
            """,
            fixed="""
            def read(payload: dict[str, str]) -> UserCreate:
                return UserCreate.model_validate(payload)
            """,
        ),
        Bad(
            """
            def read(payload: dict[str, str]) -> UserCreate:
                return schemas.UserCreate.model_construct(name=payload["name"])  # !
            """
        ),
        Good(
            """
            def read(payload: dict[str, str]) -> UserCreate:
                return UserCreate.model_validate(payload)
            """
        ),
        Good(
            """
            def test_read() -> None:
                assert UserCreate.model_construct(name="a").name == "a"
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            def read(user: User) -> UserCreate:
                return UserCreate.model_construct(name=user.name)
            """
        ),
        FalseAlarm(
            """
            def rows(users: list[dict[str, str]]) -> list[UserRow]:
                return [UserRow.model_construct(**user) for user in users]  # !
            """,
            why="rows of the database were validated when they were written",
        ),
        Miss(
            """
            def read(user: UserCreate, payload: dict[str, str]) -> UserCreate:
                return user.model_copy(update=payload)
            """,
            why="`model_copy(update=...)` does not validate either, but is used for much else",
        ),
    ),
)


@RULE.on_call("model_construct")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not isinstance(call.func, ast.Attribute) or context.file_layer in ("test", "script"):
        return
    name = dotted(call.func.value)
    if not name or name in ("cls", "self", "super"):
        return
    if not any(word.arg is None or isinstance(word.value, ast.Subscript) for word in call.keywords):
        return
    fix = None
    if len(call.keywords) == 1 and call.keywords[0].arg is None and not call.args:
        text = f"{name}.model_validate({context.source.segment(call.keywords[0].value)})"
        edit = context.source.replace(call, text)
        fix = Fix((edit,), safe=False, reason="Data that passed until now may be refused.")
    yield Problem(call, f"`{name}.model_construct` validates nothing; use `model_validate`.", fix=fix)
