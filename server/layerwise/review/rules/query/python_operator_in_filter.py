"""A filter uses an operator that Python evaluates itself.

## Why is this bad?
`is`, `not`, `and`, `or` and `in` never reach the database: the filter becomes a constant, and the wrong rows come back.

## Example
```python
select(User).where(User.deleted_at is None)
```

## Use instead
```python
select(User).where(User.deleted_at.is_(None))
```

## Fix safety
Safe for `is None` and `not`: the operator could not do what it says.

## When to ignore
When what is compared is a Python value and not a column.
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
    code="QRY011",
    severity="error",
    statements=("query.select",),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import select

            statement = select(User).where(User.deleted_at is None)  # !
            """,
            fixed="""
            from sqlalchemy import select

            statement = select(User).where(User.deleted_at.is_(None))
            """,
        ),
        Bad(
            """
            from sqlalchemy import select

            statement = select(User).where(not User.active, User.email is not None)  # !
            """,
            fixed="""
            from sqlalchemy import select

            statement = select(User).where(~User.active, User.email.is_not(None))
            """,
        ),
        Bad(
            """
            from sqlalchemy import update

            statement = update(User).where(User.active and User.age > 18).values(adult=True)  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select


            def find(ids: list[int]) -> Select[tuple[User]]:
                return select(User).where(User.id in ids)  # !
            """,
            fixed="""
            from sqlalchemy import select


            def find(ids: list[int]) -> Select[tuple[User]]:
                return select(User).where(User.id.in_(ids))
            """,
        ),
        Good(
            """
            from sqlalchemy import select

            statement = select(User).where(User.deleted_at.is_(None), ~User.active, User.id.in_([1, 2]))
            """
        ),
        Good(
            """
            from sqlalchemy import select


            def find(name: str | None) -> Select[tuple[User]]:
                return select(User).where(true() if name is None else User.name == name)
            """
        ),
        Good(
            """
            def pick(users: list[User], table: Table) -> Table:
                return table.where(lambda row: row.name is None)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select

            statement = select(User).where(Flags.strict and User.active)  # !
            """,
            why="a Python flag on a class looks like a column",
        ),
        Miss(
            """
            from sqlalchemy import select

            u = aliased(User)
            statement = select(u).where(u.deleted_at is None)
            """,
            why="only attributes of class names are taken for columns",
        ),
    ),
    evidence=("mealie models/recipe.py", "semgrep bad-operator-in-filter"),
)


@RULE.on_call("where", "filter", "having")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    for argument in call.args:
        if isinstance(argument, ast.Compare) and _is_column(argument.left) and len(argument.ops) == 1:
            yield from _compare(context, argument)
        elif isinstance(argument, ast.UnaryOp) and isinstance(argument.op, ast.Not) and _is_column(argument.operand):
            start, end = context.source.start(argument), context.source.start(argument.operand)
            fix = Fix((Edit(context.path, start, end, "~"),), safe=True, reason="`~` is SQL's NOT.")
            yield Problem(argument, f"`{context.text(argument)}` is evaluated by Python; write `~`.", fix=fix)
        elif isinstance(argument, ast.BoolOp) and any(_holds_column(value) for value in argument.values):
            word, sign = ("and", "&") if isinstance(argument.op, ast.And) else ("or", "|")
            yield Problem(
                argument,
                f"`{word}` is evaluated by Python and drops one side; use `{word}_()` or `{sign}`.",
            )


def _compare(context: Context, node: ast.Compare) -> Iterator[Problem]:
    operator, right = node.ops[0], node.comparators[0]
    methods = {ast.Is: "is_", ast.IsNot: "is_not", ast.In: "in_", ast.NotIn: "not_in"}
    method = methods.get(type(operator))
    if method is None:
        return
    left = context.source.segment(node.left)
    edit = context.source.replace(node, f"{left}.{method}({context.source.segment(right)})")
    yield Problem(
        node,
        f"`{context.text(node)}` is evaluated by Python; use `{left}.{method}(...)`.",
        fix=Fix((edit,), safe=True, reason="The operator never reached the database."),
    )


def _is_column(node: ast.expr) -> bool:
    """An attribute of a class: `User.email`, `models.User.email`."""
    name = dotted(node)
    owner = name.rpartition(".")[0].rpartition(".")[2]
    return owner[:1].isupper() and not owner.isupper()


def _holds_column(node: ast.expr) -> bool:
    return _is_column(node) or (isinstance(node, ast.Compare) and _is_column(node.left))
