"""A service returns an ORM object.

## Why is this bad?
Whoever gets it can change the row by accident, and reading a relationship later raises MissingGreenlet.

## Example
```python
class UserService:
    async def get(self, user_id: int) -> User:
        return await self.users.get_by_id(user_id)
```

## Use instead
```python
class UserService:
    async def get(self, user_id: int) -> UserResponse:
        return UserResponse.model_validate(await self.users.get_by_id(user_id))
```

## When to ignore
In projects whose services return models by policy, with `lazy="raise"` on every relationship.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.classes import methods
from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function

RULE = Rule(
    __name__,
    __doc__,
    code="SVC001",
    severity="warning",
    confidence="medium",
    statements=("service.return-schemas", "service.transform"),
    cases=(
        Bad(
            """
            from app.models.user import User
            from app.schemas.user import UserResponse


            class UserService:
                async def get(self, user_id: int) -> User:  # !
                    return await self.users.get_by_id(user_id)

                async def find(self, email: str) -> UserResponse:
                    return UserResponse.model_validate(await self.users.get_by_email(email))
            """
        ),
        Bad(
            """
            from app.models import User


            class UserService:
                async def get_all(self, skip: int, limit: int) -> list[User]:  # !
                    return await self.users.get_all(skip, limit)

                async def get(self, user_id: int) -> User | None:  # !
                    return await self.users.get_by_id(user_id)
            """
        ),
        Good(
            """
            from app.models.crons import CronResponse


            class CronService:
                async def update(self, cron_id: str) -> CronResponse:
                    return CronResponse(id=cron_id)
            """
        ),
        Good(
            """
            from app.models.user import User
            from app.schemas.user import UserResponse


            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    return UserResponse.model_validate(await self._load(user_id))

                async def _load(self, user_id: int) -> User:
                    return await self.users.get_by_id(user_id)
            """
        ),
        Good(
            """
            from app.models.user import User


            class UserRepository:
                async def get_by_id(self, user_id: int) -> User | None:
                    return await self.session.get(User, user_id)
            """
        ),
        Good(
            """
            from app.schemas.user import UserResponse


            class UserService:
                async def count(self) -> int:
                    return await self.users.count()
            """
        ),
        FalseAlarm(
            """
            from app.models.user import User


            class AuthService:
                async def authenticate(self, email: str, password: str) -> User | None:  # !
                    return await self.users.check(email, password)
            """,
            why="what only other services use need not be a schema",
        ),
        Miss(
            """
            class UserService:
                async def get(self, user_id: int):
                    return await self.users.get_by_id(user_id)
            """,
            why="without an annotation one file does not show what is returned",
        ),
    ),
)


_SCHEMA = re.compile(r"(?<=[a-z])(Response|Read|Out|Public|Schema|Detail|View|Page)\b")


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    """Sure in a snippet, and in a class that returns schemas elsewhere; a class of only models has its own way."""
    if not node.name.endswith("Service") or context.layer(node) != "service":
        return
    public = [method for method in methods(node) if not method.name.startswith("_") and method.returns is not None]
    mixed = any(_SCHEMA.search(ast.unparse(method.returns)) for method in public if method.returns is not None)
    for method in public:
        if model := _model_in(context, method):
            yield Problem(
                method,
                f"`{node.name}.{method.name}` returns the ORM model `{model}`; return a schema made from it.",
                confidence="medium" if mixed or "/" not in context.path else "low",
            )


def _model_in(context: Context, method: Function) -> str:
    """The mapped class in the return annotation: one of this module, or imported from a module of models."""
    assert method.returns is not None
    for node in context.tree.within(method.returns):
        if isinstance(node, ast.Name) and not _SCHEMA.search(node.id):
            klass = context.classes.by_name.get(node.id)
            if klass is not None and context.classes.kind(klass) == "model":
                return node.id
            module, _, name = context.names.imports.get(node.id, "").rpartition(".")
            if name[:1].isupper() and any(part in ("models", "model") for part in module.strip(".").split(".")):
                return node.id
    return ""
