"""A service or repository raises `HTTPException`.

## Why is this bad?
Business rules become tied to HTTP: a job that uses them gets status codes instead of domain exceptions.

## Example
```python
class UserService:
    async def get(self, user_id: int) -> UserResponse:
        user = await self.users.get_by_id(user_id)
        if user is None:
            raise HTTPException(status_code=404, detail="User not found")
        return UserResponse.model_validate(user)
```

## Use instead
```python
class UserService:
    async def get(self, user_id: int) -> UserResponse:
        user = await self.users.get_by_id(user_id)
        if user is None:
            raise NotFoundError("User", user_id)
        return UserResponse.model_validate(user)
```

## When to ignore
In a small app without a service layer, whose modules are only named like one.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="LAY002",
    severity="warning",
    habit=True,
    statements=("service.raise", "service.exceptions", "layer.services", "layer.repositories"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import HTTPException


            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    user = await self.users.get_by_id(user_id)
                    if user is None:
                        raise HTTPException(status_code=404, detail="User not found")  # !
                    return UserResponse.model_validate(user)
            """
        ),
        Bad(
            """
            from fastapi import HTTPException as Problem
            from fastapi import status


            async def get_user(session: AsyncSession, user_id: int) -> User:
                user = await session.get(User, user_id)
                if user is None:
                    raise Problem(status.HTTP_404_NOT_FOUND)  # !
                return user
            """,
            path="app/repositories/user.py",
        ),
        Good(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    user = await self.users.get_by_id(user_id)
                    if user is None:
                        raise NotFoundError("User", user_id)
                    return UserResponse.model_validate(user)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                try:
                    return await service.get(user_id)
                except NotFoundError as error:
                    raise HTTPException(status_code=404, detail=str(error)) from error
            """
        ),
        Good(
            """
            from fastapi import HTTPException


            async def get_current_user(token: str) -> User:
                raise HTTPException(status_code=401)
            """,
            path="app/api/deps.py",
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            def require(user: User | None) -> User:
                if user is None:
                    raise HTTPException(status_code=404)  # !
                return user
            """,
            why="a module of routes that is named `crud.py` is taken for data access",
            path="app/crud.py",
        ),
        Miss(
            """
            class UserService:
                async def get(self, user_id: int) -> UserResponse:
                    raise not_found(user_id)
            """,
            why="the exception is built elsewhere",
        ),
    ),
)


@RULE.on_call("HTTPException")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) != "fastapi.HTTPException":
        return
    layer = context.layer(call)
    if layer in ("service", "repository"):
        where = context.tree.qualified_name(call) or "this module"
        status = next((context.text(value) for value in _status(call)), "")
        shown = f"HTTPException({status})" if status else "HTTPException"
        yield Problem(
            call,
            f"`{where}` is in the {layer} layer and makes an `{shown}`; raise a domain exception such as "
            f"`{'ConflictError' if '409' in status else 'NotFoundError'}` and map it in the API layer.",
        )


def _status(call: ast.Call) -> Iterator[ast.expr]:
    yield from (word.value for word in call.keywords if word.arg == "status_code")
    yield from call.args[:1]
