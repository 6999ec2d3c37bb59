"""A permission is read off the row that is changed, not off the caller.

## Why is this bad?
What the target may do says nothing about who asks: anybody can change an owner, and an owner cannot change a member.

## Example
```python
@router.put("/users/{user_id}")
async def update_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
    user = await service.get(user_id)
    if user.role != "owner":
        raise HTTPException(status_code=403)
    return await service.update(user_id, data)
```

## Use instead
```python
@router.put("/users/{user_id}")
async def update_user(
    user_id: int, data: UserUpdate, service: UserServiceDep, current_user: CurrentUser
) -> UserResponse:
    if current_user.role != "owner":
        raise HTTPException(status_code=403)
    return await service.update(user_id, data)
```

## When to ignore
When the target's own state forbids the change, whoever asks.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SEC012",
    severity="error",
    confidence="medium",
    statements=("di.current-user", "di.superuser"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.put("/users/{user_id}")
            async def update_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
                user = await service.get(user_id)
                if user.role != "owner":  # !
                    raise HTTPException(status_code=403)
                return await service.update(user_id, data)
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, HTTPException, status

            router = APIRouter()


            @router.delete("/members/{member_id}", status_code=204)
            async def remove(member_id: int, service: MemberServiceDep) -> None:
                member = await service.get(member_id=member_id)
                role = member.get_role()
                if role not in ("admin", "owner"):  # !
                    raise HTTPException(status_code=status.HTTP_403_FORBIDDEN)
                await service.remove(member_id)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.put("/users/{user_id}")
            async def update_user(
                user_id: int, data: UserUpdate, service: UserServiceDep, current_user: CurrentUser
            ) -> UserResponse:
                user = await service.get(user_id)
                if user.role != "member" and current_user.role != "owner":
                    raise HTTPException(status_code=403)
                return await service.update(user_id, data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.put("/users/{user_id}")
            async def update_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
                user = await service.get(user_id)
                if user.is_frozen:
                    raise HTTPException(status_code=403)
                return await service.update(user_id, data)
            """
        ),
        Good(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.get("/users/{user_id}")
            async def read_user(user_id: int, service: UserServiceDep) -> UserResponse:
                user = await service.get(user_id)
                if user.role != "owner":
                    raise HTTPException(status_code=404)
                return user
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter, HTTPException

            router = APIRouter()


            @router.delete("/users/{user_id}", status_code=204)
            async def delete_user(user_id: int, service: UserServiceDep) -> None:
                user = await service.get(user_id)
                if user.role == "owner":  # !
                    raise HTTPException(status_code=403, detail="owners cannot be deleted")
                await service.delete(user_id)
            """,
            why="that the state of the target forbids the change looks the same",
        ),
    ),
    evidence=("Netflix/dispatch ad50703fee",),
)
_RIGHT = re.compile(r"role|is_admin|superuser|is_staff|is_owner|permission|can_\w+|has_\w*access", re.IGNORECASE)
_CALLER = re.compile(r"current|caller|principal|auth|actor|request|token|\bme\b|identity|viewer", re.IGNORECASE)


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    function = route.function
    named = {argument.arg for argument in parameters(function) if f"{{{argument.arg}" in route.path}
    if not named or any(_CALLER.search(context.source.segment(argument)) for argument in parameters(function)):
        return
    targets = _targets(context, route, named)
    for node in context.tree.body(function):
        if not isinstance(node, ast.If) or not _forbids(node):
            continue
        read = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
        if read & targets and _RIGHT.search(ast.unparse(node.test)):
            yield Problem(node, f"{route.label} judges by the row that it changes; judge by the caller.")


def _targets(context: Context, route: Route, named: set[str]) -> set[str]:
    """The variables that hold what a call with a path parameter gave, and what was read off those."""
    found: set[str] = set()
    for node in context.tree.body(route.function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if not isinstance(value, ast.Call):
                continue
            words = (*value.args, *(word.value for word in value.keywords))
            own = {each.id for word in words for each in ast.walk(word) if isinstance(each, ast.Name)}
            if own & named or dotted(value.func).partition(".")[0] in found:
                found.add(node.targets[0].id)
    return found


def _forbids(node: ast.If) -> bool:
    """Whether the block answers 403."""
    return any(
        isinstance(each, ast.Raise)
        and isinstance(each.exc, ast.Call)
        and callee_name(each.exc) == "HTTPException"
        and "403" in ast.unparse(each.exc)
        for each in node.body
    )
