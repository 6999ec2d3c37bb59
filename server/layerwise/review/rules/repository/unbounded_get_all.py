"""A repository lists a table without a limit.

## Why is this bad?
The table grows, and one day a single request loads all of it into memory.

## Example
```python
class UserRepository:
    async def get_all(self) -> list[User]:
        return list(await self.session.scalars(select(User).order_by(User.id)))
```

## Use instead
```python
class UserRepository:
    async def get_all(self, skip: int = 0, limit: int = 100) -> list[User]:
        return list(await self.session.scalars(select(User).order_by(User.id).offset(skip).limit(limit)))
```

## When to ignore
For tables that stay small, such as roles or countries.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.classes import methods
from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import parameters

RULE = Rule(
    __name__,
    __doc__,
    code="REP001",
    severity="warning",
    statements=("repository.get-all", "query.scalars"),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            class UserRepository:
                async def get_all(self) -> list[User]:  # !
                    return list(await self.session.scalars(select(User).order_by(User.id)))
            """
        ),
        Bad(
            """
            from sqlalchemy import select


            class BaseRepository:
                async def list_all(self, *, active: bool) -> list[User]:  # !
                    result = await self.session.execute(select(self.model).where(self.model.active == active))
                    return list(result.scalars().all())
            """
        ),
        Good(
            """
            from sqlalchemy import select


            class UserRepository:
                async def get_all(self, skip: int = 0, limit: int = 100) -> list[User]:
                    statement = select(User).order_by(User.id).offset(skip).limit(limit)
                    return list(await self.session.scalars(statement))
            """
        ),
        Good(
            """
            from sqlalchemy import select


            class UserRepository:
                async def get_all_ids(self, ids: list[int]) -> list[User]:
                    return list(await self.session.scalars(select(User).where(User.id.in_(ids))))
            """
        ),
        Good(
            """
            from sqlalchemy import select


            class UserRepository:
                async def get_all(self, page: Page) -> list[User]:
                    return await paginate(self.session, select(User), page)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            class RoleRepository:
                async def get_all(self) -> list[Role]:  # !
                    return list(await self.session.scalars(select(Role)))
            """,
            why="a table that stays small looks like any other",
        ),
        Miss(
            """
            from sqlalchemy import select


            class UserRepository:
                async def active_users(self) -> list[User]:
                    return list(await self.session.scalars(select(User).where(User.active)))
            """,
            why="only methods that are called after the whole table are looked at",
        ),
    ),
)
_LISTS = re.compile(r"^(get_all|list|list_all|find_all|get_multi|fetch_all|all|get_list)$")
_BOUND = re.compile(r"limit|page|size|per_page|count|cursor|filter|pagination|params", re.IGNORECASE)


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    for method in methods(node):
        if not _LISTS.match(method.name) or context.layer(method) != "repository":
            continue
        if any(_BOUND.search(argument.arg) for argument in parameters(method)):
            continue
        called = {
            each.func.attr
            for each in context.tree.body(method)
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
        }
        selects = any(
            isinstance(each, ast.Call) and context.names.callee(each) == "sqlalchemy.select"
            for each in context.tree.body(method)
        )
        if (
            selects
            and not called & {"limit", "slice", "fetch", "in_", "group_by", "distinct"}
            and called & {"execute", "scalars"}
        ):
            yield Problem(method, f"`{node.name}.{method.name}` loads every row there is; give it `skip` and `limit`.")
