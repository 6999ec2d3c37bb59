"""`Depends` is given the result of a call instead of the dependency.

## Why is this bad?
The dependency runs once, at import, and FastAPI then tries to call its result for each request.

## Example
```python
@router.get("/users")
async def read_users(db: AsyncSession = Depends(get_db())) -> list[UserResponse]:
    return await UserService(db).list()
```

## Use instead
```python
@router.get("/users")
async def read_users(db: AsyncSession = Depends(get_db)) -> list[UserResponse]:
    return await UserService(db).list()
```

## Fix safety
Safe: the call took no arguments, and its result was no dependency.

## When to ignore
When the function returns a dependency; give it a name such as `require_...` or `make_...`.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="DIN002",
    severity="error",
    statements=("do.di", "di.get-db", "di.pattern"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from app.db import get_db
            from fastapi import Depends


            async def get_service(db: AsyncSession = Depends(get_db())) -> UserService:  # !
                return UserService(db)
            """,
            fixed="""
            from app.db import get_db
            from fastapi import Depends


            async def get_service(db: AsyncSession = Depends(get_db)) -> UserService:
                return UserService(db)
            """,
        ),
        Bad(
            """
            from fastapi import Depends


            async def connection():
                yield open_connection()


            async def get_service(db: Connection = Depends(connection())) -> UserService:  # !
                return UserService(db)
            """,
            fixed="""
            from fastapi import Depends


            async def connection():
                yield open_connection()


            async def get_service(db: Connection = Depends(connection)) -> UserService:
                return UserService(db)
            """,
        ),
        Good(
            """
            from app.db import get_db
            from fastapi import Depends


            async def get_service(db: AsyncSession = Depends(get_db)) -> UserService:
                return UserService(db)
            """
        ),
        Good(
            """
            from app.auth import JWTBearer, require_role
            from fastapi import Depends


            async def check(token: str = Depends(JWTBearer()), admin: User = Depends(require_role("admin"))) -> None:
                return None
            """
        ),
        Good(
            """
            from fastapi import Depends


            def get_limiter():
                def limit() -> None:
                    return None

                return limit


            async def check(limited: None = Depends(get_limiter())) -> None:
                return None
            """
        ),
        FalseAlarm(
            """
            from app.limits import get_limiter
            from fastapi import Depends


            async def check(limited: None = Depends(get_limiter())) -> None:  # !
                return None
            """,
            why="a factory from another file that is called `get_...` looks like a dependency",
        ),
        Miss(
            """
            from app.db import session
            from fastapi import Depends


            async def get_service(db: AsyncSession = Depends(session())) -> UserService:
                return UserService(db)
            """,
            why="nothing says what `session` is",
        ),
    ),
)


@RULE.on_call("Depends", "Security")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not call.args or context.names.callee(call) not in ("fastapi.Depends", "fastapi.Security"):
        return
    given = call.args[0]
    if not isinstance(given, ast.Call) or given.args or given.keywords or not _is_dependency(context, given):
        return
    source = context.source
    edit = Edit(context.path, source.end(given.func), source.end(given), "")
    yield Problem(
        given,
        f"`{context.text(given)}` is called once at import; give `Depends` the function itself.",
        fix=Fix((edit,), safe=True, reason="FastAPI calls the dependency for each request."),
    )


def _is_dependency(context: Context, call: ast.Call) -> bool:
    """A function of this module that makes no function, or one from elsewhere that is called `get_...`."""
    name = callee_name(call)
    for function in context.tree.functions:
        if function.name == name:
            if isinstance(function, ast.AsyncFunctionDef):
                return True
            return bool(context.tree.body_of(function, ast.Yield))
    return name.startswith("get_")
