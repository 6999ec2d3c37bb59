"""A route that lists answers with all rows at once.

## Why is this bad?
The answer grows with the table: what is quick today takes the memory of the server and the patience of the client
later.

## Example
```python
@router.get("/chats")
async def list_chats(service: ChatServiceDep) -> list[ChatResponse]:
    return await service.list_chats()
```

## Use instead
```python
@router.get("/chats")
async def list_chats(service: ChatServiceDep, limit: int = Query(20, ge=1, le=100)) -> list[ChatResponse]:
    return await service.list_chats(limit)
```

## When to ignore
When there can only ever be a few rows, such as roles or currencies.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import Function, callee_name, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="API014",
    severity="info",
    profile="strict",
    confidence="medium",
    statements=("repository.get-all",),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats")
            async def list_chats(service: ChatServiceDep) -> list[ChatResponse]:  # !
                return await service.list_chats()
            """
        ),
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("", response_model=ListChatsResponse)
            async def get_all_chats(service: ChatServiceDep, hidden: bool = False):  # !
                return await service.list_chats(hidden)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Query

            router = APIRouter()


            @router.get("/chats")
            async def list_chats(service: ChatServiceDep, limit: int = Query(20, ge=1, le=100)) -> list[ChatResponse]:
                return await service.list_chats(limit)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats")
            async def list_chats(service: ChatServiceDep, page: PageParams) -> Page[ChatResponse]:
                return await service.list_chats(page)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/chats/{chat_id}")
            async def read_chat(service: ChatServiceDep, chat_id: int) -> ChatResponse:
                return await service.get(chat_id)
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/roles")
            async def list_roles(service: RoleServiceDep) -> list[RoleResponse]:  # !
                return await service.list_roles()
            """,
            why="how many roles there can be is not in the code",
        ),
    ),
    evidence=("LAION-AI/Open-Assistant 8611dcce14",),
)
_LISTING = re.compile(r"^(list|get_all|read_all|fetch_all|find_all|all)(_|$)|_list$")
_MANY = re.compile(r"^(list|List|Sequence)\[|(^|\.)List[A-Z]|List(Response|Out|Read)?$")
_BOUND = re.compile(r"limit|page|size|cursor|offset|skip|take|params|filter|query|search|ids|common", re.IGNORECASE)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    function = route.function
    model = route.option("response_model")
    answer = model if model is not None else function.returns
    if route.method != "get" or answer is None or not _MANY.search(ast.unparse(answer)):
        return
    if not _LISTING.search(function.name) or "{" in route.path:
        return
    if any(_BOUND.search(_spelt(argument)) for argument in parameters(function)):
        return
    if not _is_bounded(context, function):
        yield Problem(function, f"{route.label} answers with all rows; give it a `limit` with an upper bound.")


def _spelt(argument: ast.arg) -> str:
    return f"{argument.arg} {ast.unparse(argument.annotation) if argument.annotation else ''}"


def _is_bounded(context: Context, function: Function) -> bool:
    """Whether the body limits or pages what it loads."""
    return any(
        isinstance(node, ast.Call) and _BOUND.search(callee_name(node)) is not None and callee_name(node) != "filter"
        for node in context.tree.body(function)
    )
