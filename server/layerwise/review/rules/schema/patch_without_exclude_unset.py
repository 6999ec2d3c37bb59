"""A partial update writes fields that the client never sent.

## Why is this bad?
`model_dump()` holds every field of the schema: what the client left out comes back as None or as its default, and
overwrites what is stored.

## Example
```python
async def update(self, user: User, data: UserUpdate) -> None:
    for name, value in data.model_dump().items():
        setattr(user, name, value)
```

## Use instead
```python
async def update(self, user: User, data: UserUpdate) -> None:
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(user, name, value)
```

## Fix safety
The fix adds `exclude_unset=True`. It is unsafe: whoever relied on defaults being written no longer gets them.

## When to ignore
When the schema replaces the whole row, as PUT does.
"""

import ast
from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Symbol
from layerwise.project.schemas import Schema
from layerwise.review.finding import Fix, Step
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.schemas import Pouring, find_pourings, schema_parameters

_LIMITS = frozenset({"exclude_unset", "exclude_none", "exclude_defaults", "include"})

RULE = Rule(
    __name__,
    __doc__,
    code="SCH003",
    severity="error",
    scope="project",
    statements=("schema.update", "repository.update"),
    cases=(
        Bad(
            {
                "app/schemas.py": """
                from pydantic import BaseModel


                class UserUpdate(BaseModel):
                    email: str | None = None
                    nick: str | None = None
                """,
                "app/services.py": """
                from app.schemas import UserUpdate


                async def update_user(user: User, data: UserUpdate) -> None:
                    for name, value in data.model_dump().items():  # !
                        setattr(user, name, value)
                """,
            },
            fixed={
                "app/services.py": """
                from app.schemas import UserUpdate


                async def update_user(user: User, data: UserUpdate) -> None:
                    for name, value in data.model_dump(exclude_unset=True).items():
                        setattr(user, name, value)
                """
            },
        ),
        Bad(
            """
            from pydantic import BaseModel
            from sqlalchemy import update


            class ItemPatch(BaseModel):
                title: str | None = None
                price: int = 0


            async def patch_item(session, item_id: int, patch: ItemPatch) -> None:
                changes = patch.model_dump(mode="json")  # !
                await session.execute(update(Item).where(Item.id == item_id).values(**changes))
            """,
            fixed="""
            from pydantic import BaseModel
            from sqlalchemy import update


            class ItemPatch(BaseModel):
                title: str | None = None
                price: int = 0


            async def patch_item(session, item_id: int, patch: ItemPatch) -> None:
                changes = patch.model_dump(mode="json", exclude_unset=True)
                await session.execute(update(Item).where(Item.id == item_id).values(**changes))
            """,
        ),
        Bad(
            """
            from pydantic import BaseModel


            class UserUpdate(BaseModel):
                email: str | None = None


            class UserService:
                async def update(self, user_id: int, data: UserUpdate) -> User:
                    return await self.users.update(user_id, **data.model_dump())  # !
            """,
            fixed="""
            from pydantic import BaseModel


            class UserUpdate(BaseModel):
                email: str | None = None


            class UserService:
                async def update(self, user_id: int, data: UserUpdate) -> User:
                    return await self.users.update(user_id, **data.model_dump(exclude_unset=True))
            """,
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserUpdate(BaseModel):
                email: str | None = None


            async def update_user(user: User, data: UserUpdate) -> None:
                for name, value in data.model_dump(exclude_unset=True).items():
                    setattr(user, name, value)
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserReplace(BaseModel):
                email: str
                nick: str


            async def replace_user(user: User, data: UserReplace) -> None:
                for name, value in data.model_dump().items():
                    setattr(user, name, value)
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class UserUpdate(BaseModel):
                email: str | None = None


            async def log_update(data: UserUpdate) -> None:
                print(data.model_dump())
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class GeoFilesUpdate(BaseModel):
                url: str | None = None


            async def send_geofiles(node: NodeClient, data: GeoFilesUpdate) -> None:
                await node.update_geofiles(data.model_dump(mode="json"))
            """
        ),
        Miss(
            """
            from pydantic import BaseModel


            class UserUpdate(BaseModel):
                email: str | None = None
                nick: str | None = None


            async def update_user(user: User, data: UserUpdate) -> None:
                user.email = data.email
                user.nick = data.nick
            """,
            why="assignments field by field are not compared with the schema",
        ),
    ),
    evidence=("mealie-recipes/mealie 6ccffce320", "letta-ai/letta 1f57569116"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    patched = {route.function for route in project.api.routes if "PATCH" in route.methods}
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or project.layers[module.path] in ASIDE:
            continue
        if not any(call.name in ("model_dump", "dict") for call in body.calls):
            continue
        for name, schema in schema_parameters(project, symbol):
            node = project.node(symbol) if _is_partial(schema, symbol in patched) else None
            for pouring in find_pourings(project, symbol, node, name) if node is not None else ():
                if pouring.sink != "construct" and not _is_limited(pouring.dump):
                    yield _report(view, symbol, schema, pouring, name)


def _is_partial(schema: Schema, patched: bool) -> bool:
    """Whether a schema is for partial updates: no field must be given, and its name or its route says so."""
    named = any(word in schema.name for word in ("Update", "Patch", "Edit"))
    return bool(schema.fields) and (named or patched) and not any(field.required for field in schema.fields)


def _is_limited(dump: ast.Call) -> bool:
    return any(word.arg in _LIMITS or word.arg is None for word in dump.keywords)


def _report(view: ProjectView, symbol: Symbol, schema: Schema, pouring: Pouring, name: str) -> Problem:
    path = symbol.partition("::")[0]
    source = view.source(path)
    edits = (source.add_argument(pouring.dump, "exclude_unset=True"),) if source else ()
    reason = "Defaults are no longer written for fields that the client did not send."
    return Problem(
        pouring.dump,
        f"`{name}` is a partial `{schema.name}`: fields that the client did not send overwrite what is stored.",
        path=path,
        trace=(Step(schema.place.path, schema.place.line, f"no field of `{schema.name}` must be given"),),
        fix=Fix(edits, safe=False, reason=reason) if edits else None,
    )
