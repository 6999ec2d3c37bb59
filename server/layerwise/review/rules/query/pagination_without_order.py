"""A page is cut from rows in no particular order.

## Why is this bad?
Without ORDER BY the database may give each page another order: rows repeat on one page and are missing on the next.

## Example
```python
statement = select(User).offset(skip).limit(limit)
```

## Use instead
```python
statement = select(User).order_by(User.id).offset(skip).limit(limit)
```

## Fix safety
Unsafe: it takes for granted that the model has an `id`.

## When to ignore
When the order is added by a function that the statement is passed to.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.queries import Statement
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, first_name

RULE = Rule(
    __name__,
    __doc__,
    code="QRY006",
    severity="warning",
    statements=("repository.get-all", "query.scalars"),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            def page(skip: int, limit: int) -> Select[tuple[User]]:
                return select(User).offset(skip).limit(limit)  # !
            """,
            fixed="""
            from sqlalchemy import select


            def page(skip: int, limit: int) -> Select[tuple[User]]:
                return select(User).order_by(User.id).offset(skip).limit(limit)
            """,
        ),
        Bad(
            """
            from sqlalchemy import select


            class Repository:
                async def get_all(self, skip: int, limit: int) -> list[User]:
                    statement = select(self.model)
                    statement = statement.where(self.model.active).offset(skip).limit(limit)  # !
                    return list(await self.session.scalars(statement))
            """,
            fixed="""
            from sqlalchemy import select


            class Repository:
                async def get_all(self, skip: int, limit: int) -> list[User]:
                    statement = select(self.model)
                    statement = statement.where(self.model.active).order_by(self.model.id).offset(skip).limit(limit)
                    return list(await self.session.scalars(statement))
            """,
        ),
        Bad(
            """
            class UserRepository(BaseRepository[User]):
                async def get_active(self, skip: int, limit: int) -> Sequence[User]:
                    statement = self.select().where(User.is_active)
                    return (await self.session.scalars(statement.offset(skip).limit(limit))).all()  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import Select, select


            def following(after: int, limit: int) -> Select[tuple[Post]]:
                return select(Post).where(Post.id > after).limit(limit)  # !
            """,
            fixed="""
            from sqlalchemy import Select, select


            def following(after: int, limit: int) -> Select[tuple[Post]]:
                return select(Post).where(Post.id > after).order_by(Post.id).limit(limit)
            """,
        ),
        Good(
            """
            from sqlalchemy import select


            async def page(session: AsyncSession, params: Params) -> list[Post]:
                query = select(Post)
                query = apply_sorting(query, params)
                query = query.limit(params.size).offset(params.offset)
                return list(await session.scalars(query))
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def page(skip: int, limit: int) -> Select[tuple[User]]:
                return select(User).order_by(User.id).offset(skip).limit(limit)
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def page(skip: int, limit: int, newest: bool) -> Select[tuple[User]]:
                statement = select(User).offset(skip).limit(limit)
                if newest:
                    statement = statement.order_by(User.id.desc())
                else:
                    statement = statement.order_by(User.id)
                return statement
            """
        ),
        Good(
            """
            from sqlalchemy import select

            first = select(User).limit(1)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            def page(skip: int, limit: int) -> Select[tuple[User]]:
                statement = select(User).offset(skip).limit(limit)  # !
                return sort(statement)
            """,
            why="the order is added by the function that the statement is passed to",
        ),
        Miss(
            """
            from sqlalchemy import select


            def page(limit: int) -> Select[tuple[User]]:
                return select(User).limit(limit)
            """,
            why="a limit alone may be a sample",
        ),
    ),
)
_CURSOR = re.compile(r"(^|[._])(after|before|cursor\w*|last_\w*id|next_\w*id|page_token)$")


@RULE.on_call("offset")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    whole = context.queries.whole(call)
    statement = context.queries.read(whole)
    if statement is None or statement.kind != "select":
        return
    methods = _all_methods(context, whole, statement)
    if not {"offset", "limit"} <= methods or "order_by" in methods or _may_be_ordered(context, whole):
        return
    yield Problem(whole, "This page has an offset and a limit but no order.", fix=_fix(context, statement, call))


@RULE.on_call("limit")
def check_keyset(context: Context, call: ast.Call) -> Iterator[Problem]:
    """A page that begins after a cursor: without an order, "after" means nothing."""
    whole = context.queries.whole(call)
    statement = context.queries.read(whole)
    if statement is None or statement.kind != "select" or "offset" in statement.methods:
        return
    after = any(_begins_after(node) for step in statement.calls("where", "filter") for node in ast.walk(step))
    if after and "order_by" not in _all_methods(context, whole, statement):
        yield Problem(whole, "This page begins after a cursor but has no order.", fix=_fix(context, statement, call))


def _may_be_ordered(context: Context, whole: ast.Call) -> bool:
    """Whether a function is handed the statement and gives it back, perhaps with an order."""
    name, function = first_name(whole), context.tree.runner(whole)
    return any(
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and dotted(node.targets[0]) == name
        and any(dotted(argument) == name for argument in node.value.args)
        for node in (context.tree.body(function) if function else ())
    )


def _begins_after(node: ast.AST) -> bool:
    """`Post.id > after`: a column compared with what is called a cursor."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Gt | ast.Lt):
        return False
    column, cursor = node.left, dotted(node.comparators[0])
    return isinstance(column, ast.Attribute) and bool(_CURSOR.search(cursor))


def _all_methods(context: Context, whole: ast.Call, statement: Statement) -> frozenset[str]:
    """The steps of the chain, and of all that is chained to the variable that it goes to."""
    assigned = context.tree.parent(whole)
    if isinstance(assigned, ast.Assign) and isinstance(assigned.targets[0], ast.Name):
        name = ast.copy_location(ast.Name(assigned.targets[0].id, ast.Load()), whole)
        function = context.tree.runner(whole)
        if function is not None:
            later = {
                node.func.attr
                for node in context.tree.body(function)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and first_name(node) == name.id
            }
            return statement.methods | later
    return statement.methods


def _fix(context: Context, statement: Statement, call: ast.Call) -> Fix | None:
    entity = dotted(statement.root.args[0]) if len(statement.root.args) == 1 else ""
    if not entity or not isinstance(call.func, ast.Attribute):
        return None
    last = entity.rpartition(".")[2]
    if not (last[:1].isupper() or last in ("model", "_model")):
        return None
    edit = context.source.insert(context.source.end(call.func.value), f".order_by({entity}.id)")
    return Fix((edit,), safe=False, reason=f"It takes for granted that `{entity}` has an `id`.")
