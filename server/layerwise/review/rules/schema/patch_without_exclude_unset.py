"""A partial update writes fields that were not sent.

## Why is this bad?
`model_dump()` fills in the defaults, so every field that the client left out is overwritten with None.

## Example
```python
for name, value in data.model_dump().items():
    setattr(user, name, value)
```

## Use instead
```python
for name, value in data.model_dump(exclude_unset=True).items():
    setattr(user, name, value)
```

## Fix safety
Unsafe: clients that relied on left-out fields being cleared must send null.

## When to ignore
For a PUT, which replaces the whole object.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SCH003",
    severity="error",
    statements=("schema.update", "repository.update"),
    cases=(
        Bad(
            """
            class UserService:
                async def update(self, user_id: int, data: UserUpdate) -> UserResponse:
                    user = await self.users.update(user_id, **data.model_dump())  # !
                    return UserResponse.model_validate(user)
            """,
            fixed="""
            class UserService:
                async def update(self, user_id: int, data: UserUpdate) -> UserResponse:
                    user = await self.users.update(user_id, **data.model_dump(exclude_unset=True))
                    return UserResponse.model_validate(user)
            """,
        ),
        Bad(
            """
            async def update_user(user: User, data: UserPatch) -> None:
                values = data.model_dump(exclude={"id"})  # !
                for name, value in values.items():
                    setattr(user, name, value)
            """,
            fixed="""
            async def update_user(user: User, data: UserPatch) -> None:
                values = data.model_dump(exclude={"id"}, exclude_unset=True)
                for name, value in values.items():
                    setattr(user, name, value)
            """,
        ),
        Good(
            """
            class UserService:
                async def update(self, user_id: int, data: UserUpdate) -> UserResponse:
                    user = await self.users.update(user_id, **data.model_dump(exclude_unset=True))
                    return UserResponse.model_validate(user)
            """
        ),
        Good(
            """
            class UserService:
                async def create(self, data: UserCreate) -> UserResponse:
                    return UserResponse.model_validate(await self.users.create(**data.model_dump()))
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.put("/users/{user_id}")
            async def replace_user(user_id: int, data: UserUpdate, service: UserServiceDep) -> UserResponse:
                return await service.replace(user_id, **data.model_dump())
            """
        ),
        FalseAlarm(
            """
            async def update_index(index: Index, data: UserUpdate) -> None:
                index.update(**data.model_dump())  # !
            """,
            why="another store that wants the whole object",
        ),
        Miss(
            """
            async def update_user(user: User, data: UserUpdate) -> None:
                user.name = data.name
                user.email = data.email
            """,
            why="fields that are copied one by one",
        ),
    ),
    evidence=("mealie-recipes/mealie 6ccffce320",),
)
_UPDATE_TYPE = re.compile(r"(Update|Patch)\w*$")


@RULE.on_call("model_dump", "dict")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    function = context.tree.runner(call)
    receiver = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if function is None or not receiver or not _is_update(context, function, receiver):
        return
    given = {word.arg for word in call.keywords}
    if given & {"exclude_unset", "exclude_none", "exclude_defaults", None} or not _is_written(context, function, call):
        return
    yield Problem(
        call,
        f"`{receiver}.{context.text(call.func).rpartition('.')[2]}()` writes fields of `{receiver}` that were never sent.",
        fix=Fix(
            (context.source.add_argument(call, "exclude_unset=True"),),
            safe=False,
            reason="Clients that relied on left-out fields being cleared must send null.",
        ),
    )


def _is_update(context: Context, function: Function, receiver: str) -> bool:
    """Whether `receiver` is a parameter of an update or patch type, in a function that is no PUT route."""
    route = context.route_functions.get(function)
    if route is not None and route.method == "put":
        return False
    for argument in parameters(function):
        if argument.arg == receiver and argument.annotation is not None:
            kind = ast.unparse(argument.annotation).partition("[")[0].strip("'\"")
            return bool(_UPDATE_TYPE.search(kind))
    return False


def _is_written(context: Context, function: Function, call: ast.Call) -> bool:
    """Whether the dump reaches `setattr`, `.values(**...)`, `.update(...)` or a repository call in this function."""
    parent = context.tree.parent(call)
    if isinstance(parent, ast.keyword) and parent.arg is None:
        outer = context.tree.parent(parent)
        name = outer.func.attr if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute) else ""
        return name in ("values", "update", "patch", "edit", "modify")
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
        return parent.func.attr in ("update", "values", "sqlmodel_update", "patch")
    names = [dotted(parent.targets[0])] if isinstance(parent, ast.Assign) else []
    names += [dotted(parent.target)] if isinstance(parent, ast.AnnAssign) else []
    sets = any(isinstance(node, ast.Call) and dotted(node.func) == "setattr" for node in context.tree.body(function))
    looped = isinstance(context.tree.parent(parent), ast.Call) if parent is not None else False
    spread = any(
        isinstance(node, ast.keyword) and node.arg is None and dotted(node.value) in names
        for node in context.tree.body(function)
    )
    return (bool(names) or looped) and (sets or spread)
