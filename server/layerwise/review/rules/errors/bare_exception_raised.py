"""A service or repository raises a bare `Exception`.

## Why is this bad?
Nobody can catch it without catching everything, so the client always gets a 500.

## Example
```python
class UserService:
    async def create(self, data: UserCreate) -> UserResponse:
        if await self.users.get_by_email(data.email):
            raise Exception("email taken")
        return UserResponse.model_validate(await self.users.create(**data.model_dump()))
```

## Use instead
```python
class UserService:
    async def create(self, data: UserCreate) -> UserResponse:
        if await self.users.get_by_email(data.email):
            raise ConflictError("email taken")
        return UserResponse.model_validate(await self.users.create(**data.model_dump()))
```

## When to ignore
Never; a class of its own costs two lines.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="ERR006",
    severity="warning",
    habit=True,
    statements=("service.exceptions", "service.raise"),
    cases=(
        Bad(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    raise Exception("no such user")  # !
            """
        ),
        Bad(
            """
            async def get_user(user_id: int) -> User:
                raise Exception  # !
            """,
            path="app/repositories/user.py",
        ),
        Good(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    raise NotFoundError("User", user_id)
            """
        ),
        Good(
            """
            def main() -> None:
                raise Exception("usage: main.py FILE")
            """,
            path="scripts/main.py",
        ),
        Good(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    try:
                        return await self.find(user_id)
                    except LookupError:
                        raise
            """
        ),
        FalseAlarm(
            """
            class UserService:
                def broken(self) -> None:
                    raise Exception("cannot happen")  # !
            """,
            why="what cannot happen needs no class, but an assertion says so better",
        ),
        Miss(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    raise RuntimeError("no such user")
            """,
            why="the built-in classes are let pass: they are at least specific",
        ),
    ),
)


@RULE.on(ast.Raise)
def check(context: Context, node: ast.Raise) -> Iterator[Problem]:
    exception = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if not context.names.is_any(exception, "Exception", "BaseException"):
        return
    layer = context.layer(node)
    if layer in ("service", "repository"):
        yield Problem(
            node,
            f"`{context.tree.qualified_name(node)}` raises a bare `{ast.unparse(exception) if exception else ''}`; "
            "raise a domain exception such as NotFoundError or ConflictError.",
        )
