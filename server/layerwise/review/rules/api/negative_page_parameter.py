"""A page number or offset may be negative.

## Why is this bad?
`?skip=-1` reaches the database, which refuses a negative OFFSET: the client gets a 500 for what is its own mistake.

## Example
```python
@router.get("/users")
async def read_users(service: UserServiceDep, skip: int = 0) -> list[UserResponse]:
    return await service.get_all(skip)
```

## Use instead
```python
@router.get("/users")
async def read_users(service: UserServiceDep, skip: int = Query(0, ge=0)) -> list[UserResponse]:
    return await service.get_all(skip)
```

## Fix safety
The fix bounds the parameter from below. It is unsafe: clients that send a negative number get a 422.

## When to ignore
When negative numbers count from the end, and the query takes care of them.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.paging import find_numbers
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="API013",
    severity="warning",
    statements=("repository.get-all", "dont.validation", "schema.field"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, skip: int = 0) -> list[UserResponse]:  # !
                return await service.get_all(skip)
            """,
            fixed="""
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, skip: int = Query(0, ge=0)) -> list[UserResponse]:
                return await service.get_all(skip)
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(
                service: UserServiceDep,
                page: int = Query(1, description="Page number"),  # !
            ) -> list[UserResponse]:
                return await service.get_all(page)
            """,
            fixed="""
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(
                service: UserServiceDep,
                page: int = Query(1, description="Page number", ge=1),
            ) -> list[UserResponse]:
                return await service.get_all(page)
            """,
        ),
        Good(
            """
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, offset: int = Query(0, ge=0)) -> list[UserResponse]:
                return await service.get_all(offset)
            """
        ),
        Good(
            """
            from typing import Annotated

            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, page: Annotated[int, Query(gt=0)] = 1) -> list[UserResponse]:
                return await service.get_all(page)
            """
        ),
        Good(
            """
            class UserRepository:
                async def find(self, skip: int = 0) -> list[User]:
                    return await self.page(skip)
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from pydantic import NonNegativeInt

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, skip: NonNegativeInt = 0) -> list[UserResponse]:
                return await service.get_all(skip)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, skip: int = 0) -> list[UserResponse]:  # !
                return await service.get_all(max(skip, 0))
            """,
            why="a bound in the body is not followed",
        ),
    ),
    evidence=("hngprojects/hng_boilerplate_python_fastapi_web 1d17c5064d",),
)
_PLACE = re.compile(r"^(skip|offset|page|page_number|page_num|page_no|start_index)$")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    for argument, default in find_numbers(route, _PLACE):
        if default is None and argument not in route.function.args.kwonlyargs:
            continue
        if isinstance(default, ast.Call) and not _is_unbounded(default):
            continue
        yield Problem(
            argument,
            f"`{argument.arg}` of `{route.function.name}` ({route.label}) may be negative.",
            fix=_fix(context, argument.arg, default),
        )


def _is_unbounded(call: ast.Call) -> bool:
    return callee_name(call) == "Query" and not any(word.arg in ("ge", "gt", None) for word in call.keywords)


def _fix(context: Context, name: str, default: ast.expr | None) -> Fix | None:
    least = 1 if name.startswith("page") else 0
    reason = "Clients that send a negative number get a 422."
    if isinstance(default, ast.Call):
        return Fix((context.source.add_argument(default, f"ge={least}"),), safe=False, reason=reason)
    if not isinstance(default, ast.Constant) or not isinstance(default.value, int):
        return None
    local, imports = context.imports.add("fastapi.Query")
    text = f"{local}({default.value}, ge={min(least, default.value)})"
    return Fix((context.source.replace(default, text), *imports), safe=False, reason=reason)
