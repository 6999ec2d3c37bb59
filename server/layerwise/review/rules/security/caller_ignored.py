"""A route knows its caller and serves any row that the caller names.

## Why is this bad?
Whoever is logged in can read or change the rows of everybody else by counting up the id: the caller is asked for, and
then not compared with the owner of the row.

## Example
```python
@router.get("/chats/{chat_id}")
async def read_chat(chat_id: int, current_user: CurrentUser, service: ChatServiceDep) -> ChatResponse:
    return await service.get(chat_id)
```

## Use instead
```python
@router.get("/chats/{chat_id}")
async def read_chat(chat_id: int, current_user: CurrentUser, service: ChatServiceDep) -> ChatResponse:
    return await service.get_owned(chat_id, owner_id=current_user.id)
```

## When to ignore
When every user may see every row; then name the dependency in the decorator, so that nobody has to wonder.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SEC010",
    severity="warning",
    confidence="low",
    profile="strict",
    statements=("di.current-user", "repository.get-by-id"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats/{chat_id}")
            async def read_chat(chat_id: int, current_user: CurrentUser, service: ChatServiceDep) -> ChatResponse:  # !
                return await service.get(chat_id)
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, Depends

            router = APIRouter()


            @router.delete("/chats/{id}", status_code=204)
            async def delete_chat(
                id: int,
                service: ChatServiceDep,
                user_id: str = Depends(get_current_user_id),  # !
            ) -> None:
                await service.delete(id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats/{chat_id}")
            async def read_chat(chat_id: int, current_user: CurrentUser, service: ChatServiceDep) -> ChatResponse:
                return await service.get_owned(chat_id, current_user.id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends

            router = APIRouter()


            @router.get("/posts/{post_id}", dependencies=[Depends(get_current_user)])
            async def read_post(post_id: int, service: PostServiceDep) -> PostResponse:
                return await service.get(post_id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats/{chat_id}")
            async def read_chat(chat_id: int, _user: CurrentUser, service: ChatServiceDep) -> ChatResponse:
                return await service.get(chat_id)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/countries/{country_id}")
            async def read_country(
                country_id: int,
                current_user: CurrentUser,  # !
                service: CountryServiceDep,
            ) -> CountryResponse:
                return await service.get(country_id)
            """,
            why="whether rows belong to users is not known",
        ),
    ),
    evidence=("LAION-AI/Open-Assistant b6934171a7",),
)
_CALLER = re.compile(r"^(current_(active_)?user(_id)?|user|user_id|caller|principal|actor|identity)$")
_INJECTED = re.compile(r"Depends|Security|Current|Auth|UserDep", re.IGNORECASE)
_ADMIN = re.compile(r"admin|superuser|staff", re.IGNORECASE)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    if route.method == "post" or not re.search(r"\{\w*id(:\w+)?\}", route.path) or _ADMIN.search(route.path):
        return
    arguments = route.function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    used = {node.id for node in context.tree.body_of(route.function, ast.Name)}
    for argument in parameters(route.function):
        if f"{{{argument.arg}}}" in route.path or not _CALLER.match(argument.arg) or argument.arg in used:
            continue
        annotation = ast.unparse(argument.annotation) if argument.annotation is not None else ""
        default = defaults.get(argument)
        spelt = f"{annotation} {ast.unparse(default) if default is not None else ''}"
        if _INJECTED.search(spelt) and not _ADMIN.search(spelt):
            yield Problem(argument, f"{route.label} serves any row that is named: `{argument.arg}` is never looked at.")
