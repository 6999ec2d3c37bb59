"""Rows are taken for the objects in them.

## Why is this bad?
`execute(select(User)).all()` gives rows that each hold a user: `row.email` and `model_validate(row)` fail.

## Example
```python
result = await session.execute(select(User))
users = result.all()
```

## Use instead
```python
result = await session.execute(select(User))
users = result.scalars().all()
```

## Fix safety
Unsafe: code that unpacks the rows must stop doing so.

## When to ignore
When the rows are unpacked on purpose.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="QRY013",
    severity="warning",
    statements=("query.scalars", "query.scalar"),
    cases=(
        Bad(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[User]:
                result = await session.execute(select(User).where(User.active))
                return result.all()  # !
            """,
            fixed="""
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[User]:
                result = await session.execute(select(User).where(User.active))
                return result.scalars().all()
            """,
        ),
        Bad(
            """
            from sqlalchemy import select


            async def find(session: AsyncSession, email: str) -> User | None:
                return (await session.execute(select(User).where(User.email == email))).one_or_none()  # !
            """,
            fixed="""
            from sqlalchemy import select


            async def find(session: AsyncSession, email: str) -> User | None:
                return (await session.execute(select(User).where(User.email == email))).scalar_one_or_none()
            """,
        ),
        Good(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[User]:
                result = await session.execute(select(User))
                return result.scalars().all()
            """
        ),
        Good(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[tuple[User, int]]:
                result = await session.execute(select(User, Post.id))
                return result.all()
            """
        ),
        Good(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[User]:
                result = await session.execute(select(User))
                return [row[0] for row in result.all()]
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession) -> list[User]:
                result = await session.execute(select(User))
                rows = result.all()  # !
                return unpack(rows)
            """,
            why="the rows are unpacked in another function",
        ),
        Miss(
            """
            from sqlalchemy import select


            async def load(session: AsyncSession, statement: Select[tuple[User]]) -> list[User]:
                result = await session.execute(statement)
                return result.all()
            """,
            why="the statement is a parameter",
        ),
    ),
)
_INSTEAD = {
    "all": "scalars().all",
    "fetchall": "scalars().all",
    "first": "scalars().first",
    "one": "scalar_one",
    "one_or_none": "scalar_one_or_none",
    "fetchone": "scalars().first",
}


@RULE.on_call(*_INSTEAD)
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if call.args or call.keywords or not isinstance(call.func, ast.Attribute):
        return
    executed = _executed(context, call.func.value)
    if executed is None or not executed.args:
        return
    statement = context.queries.read(executed.args[0])
    if statement is None or statement.kind != "select" or len(statement.root.args) != 1:
        return
    if context.file_layer in ("test", "migration", "script"):
        return
    if not _is_entity(statement.root.args[0]) or statement.methods & {"add_columns", "with_only_columns"}:
        return
    if _is_unpacked(context, call):
        return
    instead = _INSTEAD[call.func.attr]
    end = context.source.end(call.func)
    edit = Edit(context.path, end - len(call.func.attr), end, instead)
    yield Problem(
        call,
        f"This gives rows that hold `{statement.entities[0]}` objects, not the objects; use `.{instead}()`.",
        fix=Fix((edit,), safe=False, reason="Code that unpacks the rows must stop doing so."),
    )


def _executed(context: Context, result: ast.expr) -> ast.Call | None:
    """The `execute(...)` call whose result `result` is, directly or through a variable."""
    if isinstance(result, ast.Name) and (function := context.tree.runner(result)) is not None:
        given = context.tree.assigned(function, result.id)
        if len(given) != 1:
            return None
        result = given[0]
    if isinstance(result, ast.Await):
        result = result.value
    if isinstance(result, ast.Call) and isinstance(result.func, ast.Attribute) and result.func.attr == "execute":
        return result
    return None


def _is_entity(argument: ast.expr) -> bool:
    """A mapped class, by its name: `User`, not `user_table`, `User.id` or `func.count()`."""
    return isinstance(argument, ast.Name) and argument.id[:1].isupper() and not argument.id.isupper()


def _is_unpacked(context: Context, call: ast.Call) -> bool:
    """Whether what is done with the rows shows that they are meant as rows, or only counted."""
    parent = context.tree.parent(call)
    if isinstance(parent, ast.Subscript | ast.Attribute | ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Expr):
        return True
    if isinstance(parent, ast.Call) and dotted(parent.func) in ("len", "bool", "any"):
        return True
    if isinstance(parent, ast.comprehension | ast.For):
        if isinstance(parent.target, ast.Tuple):
            return True
        owner = context.tree.parent(parent) if isinstance(parent, ast.comprehension) else parent
        return owner is not None and _is_indexed(context, owner, dotted(parent.target))
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        function = context.tree.runner(call)
        return function is not None and _is_indexed(context, function, parent.targets[0].id)
    return isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Tuple)


def _is_indexed(context: Context, scope: ast.AST, name: str) -> bool:
    """Whether the rows in `name`, or one of them, are indexed, unpacked or only tested in `scope`."""
    items = {name}
    for node in context.tree.within(scope):
        if isinstance(node, ast.For | ast.comprehension) and dotted(node.iter) == name:
            if isinstance(node.target, ast.Tuple):
                return True
            items.add(dotted(node.target))
    return any(
        (isinstance(node, ast.Subscript) and dotted(node.value) in items)
        or (isinstance(node, ast.If) and dotted(node.test) in items)
        or (isinstance(node, ast.Attribute) and dotted(node.value) in items and node.attr[:1].isupper())
        for node in context.tree.within(scope)
    )
