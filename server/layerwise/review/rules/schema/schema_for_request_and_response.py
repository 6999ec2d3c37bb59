"""One schema is both the request and the response of a route.

## Why is this bad?
The client may then send what only the server decides, such as the id, or is shown what it sent, such as the password.

## Example
```python
@router.post("/users", status_code=201)
async def create_user(data: User, service: UserServiceDep) -> User:
    return await service.create(data)
```

## Use instead
```python
@router.post("/users", status_code=201)
async def create_user(data: UserCreate, service: UserServiceDep) -> UserResponse:
    return await service.create(data)
```

## When to ignore
For values that are only echoed or normalised.
"""

from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH018",
    severity="warning",
    confidence="medium",
    statements=("schema.separate", "schema.create", "schema.response"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: User, service: UserServiceDep) -> User:  # !
                return await service.create(data)
            """
        ),
        Bad(
            """
            from app import schemas
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", response_model=schemas.User, status_code=201)
            async def create_user(data: schemas.User, service: UserServiceDep):  # !
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_user(data: UserCreate, service: UserServiceDep) -> UserResponse:
                return await service.create(data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends

            router = APIRouter()


            @router.get("/users/me")
            async def read_me(user: User = Depends(get_current_user)) -> User:
                return user
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/echo")
            async def echo(text: str) -> str:
                return text
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.put("/preferences")
            async def save(data: Preferences, service: PreferenceServiceDep) -> Preferences:  # !
                return await service.save(data)
            """,
            why="an object that the client owns wholly",
        ),
        Miss(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.post("/users", status_code=201)
            async def create_users(data: list[User], service: UserServiceDep) -> list[User]:
                return await service.create_all(data)
            """,
            why="only plain types are compared",
        ),
    ),
)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    if route.method not in ("post", "put", "patch"):
        return
    function = route.function
    response = route.option("response_model") or function.returns
    name = dotted(response) if response is not None else ""
    if not name.rpartition(".")[2][:1].isupper():
        return
    with_default = {
        argument
        for argument, _ in zip(
            reversed([*function.args.posonlyargs, *function.args.args]), reversed(function.args.defaults), strict=False
        )
    }
    for argument in parameters(function):
        if argument in with_default or argument.annotation is None or dotted(argument.annotation) != name:
            continue
        if name.rpartition(".")[2] not in ("Request", "Response", "BackgroundTasks", "Any"):
            yield Problem(
                function, f"`{name}` is both what {route.label} takes (`{argument.arg}`) and what it answers."
            )
            return
