"""Several collections are loaded by one join.

## Why is this bad?
The rows multiply: ten posts and ten tags come as a hundred rows, each with every column of the parent.

## Example
```python
select(User).options(joinedload(User.posts), joinedload(User.tags))
```

## Use instead
```python
select(User).options(selectinload(User.posts), selectinload(User.tags))
```

## Fix safety
Safe: the same objects come, by a query of its own for each collection instead of multiplied rows.

## When to ignore
When the names are plural but the relationships lead to one row.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="QRY005",
    severity="warning",
    confidence="medium",
    statements=("query.eager",),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload

            statement = select(User).options(joinedload(User.posts), joinedload(User.tags))  # !
            """,
            fixed="""
            from sqlalchemy import select
            from sqlalchemy.orm import selectinload

            statement = select(User).options(selectinload(User.posts), selectinload(User.tags))
            """,
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload, selectinload

            statement = (
                select(User)
                .where(User.active)
                .options(joinedload(User.posts), joinedload(User.team))  # !
                .options(joinedload(User.groups))
            )
            """,
            fixed="""
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload, selectinload

            statement = (
                select(User)
                .where(User.active)
                .options(selectinload(User.posts), joinedload(User.team))
                .options(selectinload(User.groups))
            )
            """,
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload, selectinload

            statement = select(User).options(selectinload(User.posts), selectinload(User.tags), joinedload(User.team))
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload

            statement = select(Post).options(joinedload(Post.author), joinedload(Post.status), joinedload(Post.address))
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload

            statement = select(User).options(joinedload(User.posts))
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload

            statement = select(User).options(joinedload(User.settings), joinedload(User.preferences))  # !
            """,
            why="relationships to one row that have plural names",
        ),
        Miss(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import joinedload

            statement = select(User).options(joinedload(User.children), joinedload(User.people))
            """,
            why="whether a relationship leads to many shows in the model; here only a plural -s does",
        ),
    ),
    evidence=("onyx-dot-app/onyx 5e21dc6cb3", "Arize-ai/phoenix f8f11f08ad"),
)


@RULE.on_call("options")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    whole = context.queries.whole(call)
    joins = [
        node
        for node in context.tree.within(whole)
        if isinstance(node, ast.Call)
        and context.names.callee(node) == "sqlalchemy.orm.joinedload"
        and len(node.args) == 1
        and not node.keywords
        and _is_plural(dotted(node.args[0]).rpartition(".")[2])
        and not isinstance(context.tree.parent(node), ast.Attribute)
    ]
    joins.sort(key=lambda node: (node.lineno, node.col_offset))
    if len(joins) < 2 or joins[0] not in call.args:
        return
    local, imports = context.imports.swap(dotted(joins[0].func), "sqlalchemy.orm.selectinload", uses=len(joins))
    edits = tuple(context.source.replace(node.func, local) for node in joins)
    names = " and ".join(f"`{context.text(node.args[0])}`" for node in joins[:2])
    yield Problem(
        joins[0],
        f"{names} are loaded by one join: their rows multiply; use `selectinload`.",
        fix=Fix(
            (*edits, *imports), safe=True, reason="The same objects are loaded, by one more query for each collection."
        ),
    )


def _is_plural(name: str) -> bool:
    return name.endswith("s") and not name.endswith(("ss", "us", "is", "as"))
