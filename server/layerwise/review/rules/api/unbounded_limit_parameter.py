"""A page size has no upper bound.

## Why is this bad?
`?limit=1000000000` makes one request load the whole table, and a negative number is a 500.

## Example
```python
@router.get("/users")
async def read_users(service: UserServiceDep, limit: int = 100) -> list[UserResponse]:
    return await service.get_all(limit)
```

## Use instead
```python
@router.get("/users")
async def read_users(service: UserServiceDep, limit: int = Query(100, ge=1, le=100)) -> list[UserResponse]:
    return await service.get_all(limit)
```

## Fix safety
Unsafe: clients that ask for larger pages get a 422.

## When to ignore
When the service itself caps the number.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.paging import find_numbers
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="API005",
    severity="warning",
    statements=("repository.get-all", "dont.validation", "schema.field"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, limit: int = 100) -> list[UserResponse]:  # !
                return await service.get_all(limit)
            """,
            fixed="""
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, limit: int = Query(100, ge=1, le=100)) -> list[UserResponse]:
                return await service.get_all(limit)
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(
                service: UserServiceDep,
                page_size: int = Query(20, ge=1),  # !
            ) -> list[UserResponse]:
                return await service.get_all(page_size)
            """,
            fixed="""
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(
                service: UserServiceDep,
                page_size: int = Query(20, ge=1, le=100),
            ) -> list[UserResponse]:
                return await service.get_all(page_size)
            """,
        ),
        Good(
            """
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, limit: int = Query(100, le=100)) -> list[UserResponse]:
                return await service.get_all(limit)
            """
        ),
        Good(
            """
            from typing import Annotated

            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(
                service: UserServiceDep, limit: Annotated[int, Query(ge=1, le=100)] = 50
            ) -> list[UserResponse]:
                return await service.get_all(limit)
            """
        ),
        Good(
            """
            class UserRepository:
                async def find(self, limit: int = 100) -> list[User]:
                    return await self.page(limit)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, limit: int = 100) -> list[UserResponse]:  # !
                return await service.get_all(min(limit, 100))
            """,
            why="a cap in the body is not followed",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, page: PageParams) -> list[UserResponse]:
                return await service.get_all(page.limit)
            """,
            why="the fields of a parameter object are in another class",
        ),
    ),
    evidence=("Arize-ai/phoenix ea38b1bf68", "LAION-AI/Open-Assistant 8611dcce14"),
)
_SIZE = re.compile(r"^(limit|page_size|per_page|pagesize|page_limit|items_per_page|take)$")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    for argument, default in find_numbers(route, _SIZE):
        bounds = {word.arg for word in default.keywords} if isinstance(default, ast.Call) else set()
        if isinstance(default, ast.Call) and (callee_name(default) != "Query" or bounds & {"le", "lt"}):
            continue
        yield Problem(
            argument,
            f"`{argument.arg}` of `{route.function.name}` ({route.label}) has no upper bound.",
            fix=_fix(context, default),
        )


def _fix(context: Context, default: ast.expr | None) -> Fix | None:
    reason = "Clients that ask for larger pages get a 422."
    if isinstance(default, ast.Call):
        return Fix((context.source.add_argument(default, "le=100"),), safe=False, reason=reason)
    if not isinstance(default, ast.Constant) or not isinstance(default.value, int) or default.value > 1000:
        return None
    local, imports = context.imports.add("fastapi.Query")
    text = f"{local}({default.value}, ge=1, le={max(100, default.value)})"
    return Fix((context.source.replace(default, text), *imports), safe=False, reason=reason)
