"""A route builds its service itself.

## Why is this bad?
The route then knows what the service is made of, every change of its constructor touches every route, and a test cannot
put another service in its place.

## Example
```python
@router.get("/users")
async def read_users(session: SessionDep) -> list[UserResponse]:
    return await UserService(UserRepository(session)).get_all()
```

## Use instead
```python
@router.get("/users")
async def read_users(service: UserServiceDep) -> list[UserResponse]:
    return await service.get_all()
```

## When to ignore
In an application of one or two routes.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="LAY006",
    severity="info",
    profile="strict",
    statements=("di.factories", "di.pattern", "do.di"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(session: SessionDep) -> list[UserResponse]:
                return await UserService(UserRepository(session)).get_all()  # !
            """
        ),
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(db: SessionDep, data: UserCreate) -> UserResponse:
                users = UserService(repository=UserRepository(db))  # !
                return await users.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(service: UserServiceDep, limit: Limit) -> list[UserResponse]:
                return await service.get_all(limit)
            """
        ),
        Good(
            """
            def get_user_service(session: SessionDep) -> UserService:
                return UserService(UserRepository(session))
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/plans", status_code=201)
            async def plan(data: PlanCreate, plans: PlanServiceDep) -> PlanResponse:
                return await plans.create(PlanService.normalise(data))
            """
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users")
            async def read_users(session: SessionDep, limit: Limit) -> list[UserResponse]:
                return await UserService(session).get_all(limit)
            """,
            why="a service that takes nothing but the session is no secret that a route must not know",
        ),
    ),
)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    given = {argument.arg for argument in parameters(route.function)}
    for node in context.tree.body(route.function):
        if not isinstance(node, ast.Call) or not callee_name(node).endswith(("Service", "ServiceImpl", "UseCase")):
            continue
        parts = [word for word in (*node.args, *(word.value for word in node.keywords)) if isinstance(word, ast.Call)]
        if any(dotted(word) in given for part in parts for word in part.args):
            yield Problem(node, f"{route.label} knows what `{callee_name(node)}` is made of; take it as a dependency.")
