"""An association row does not say what happens when what it joins is deleted.

## Why is this bad?
Without `ondelete` the database refuses to delete a parent that still has association rows: bulk deletes, and deletes
through the ORM of a parent that does not know this table, fail with an IntegrityError.

## Example
```python
class UserGroup(Base):
    __tablename__ = "user_group"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
```

## Use instead
```python
class UserGroup(Base):
    __tablename__ = "user_group"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
```

## Fix safety
The fix adds `ondelete="CASCADE"`. It is unsafe: the table needs a migration, and rows go that stayed before.

## When to ignore
When a parent that is still in use must not be deleted.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, Good, Miss, Problem, Rule
from layerwise.review.tree import is_true, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="MOD015",
    severity="info",
    profile="strict",
    statements=("layer.models", "repository.delete"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column


            class UserGroup(Base):
                __tablename__ = "user_group"
                user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)  # !
                group_id: Mapped[int] = mapped_column(
                    ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
                )
            """,
            fixed="""
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column


            class UserGroup(Base):
                __tablename__ = "user_group"
                user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
                group_id: Mapped[int] = mapped_column(
                    ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
                )
            """,
        ),
        Bad(
            """
            from sqlalchemy import Column, ForeignKey, Table

            user_group = Table(
                "user_group",
                Base.metadata,
                Column("user_id", ForeignKey("users.id"), primary_key=True),  # !
                Column("group_id", ForeignKey("groups.id"), primary_key=True),  # !
            )
            """,
            fixed="""
            from sqlalchemy import Column, ForeignKey, Table

            user_group = Table(
                "user_group",
                Base.metadata,
                Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
                Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
            )
            """,
        ),
        Good(
            """
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column


            class Post(Base):
                __tablename__ = "posts"
                id: Mapped[int] = mapped_column(primary_key=True)
                author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
            """
        ),
        Good(
            """
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column


            class UserGroup(Base):
                __tablename__ = "user_group"
                user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
                group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="RESTRICT"), primary_key=True)
            """
        ),
        Good(
            """
            from sqlalchemy import ForeignKey
            from sqlalchemy.orm import Mapped, mapped_column


            class Profile(Base):
                __tablename__ = "profiles"
                user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
                bio: Mapped[str]
            """
        ),
        Miss(
            """
            from sqlalchemy import ForeignKeyConstraint
            from sqlalchemy.orm import Mapped, mapped_column


            class UserGroup(Base):
                __tablename__ = "user_group"
                __table_args__ = (ForeignKeyConstraint(["user_id"], ["users.id"]),)
                user_id: Mapped[int] = mapped_column(primary_key=True)
                group_id: Mapped[int] = mapped_column(primary_key=True)
            """,
            why="constraints that stand apart from their columns are not read",
        ),
    ),
    evidence=("onyx-dot-app/onyx 84d916e210",),
)


@RULE.on_call("ForeignKey")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    column = context.tree.parent(call)
    if context.names.callee(call) != "sqlalchemy.ForeignKey" or keyword(call, "ondelete") is not None:
        return
    if not isinstance(column, ast.Call) or not is_true(keyword(column, "primary_key")):
        return
    keys = [
        other
        for other in context.tree.calls("ForeignKey")
        if _holder(context, other) is _holder(context, call)
        and isinstance(parent := context.tree.parent(other), ast.Call)
        and is_true(keyword(parent, "primary_key"))
    ]
    if len(keys) > 1:
        edit = context.source.add_argument(call, 'ondelete="CASCADE"')
        yield Problem(
            call,
            f"Nothing says what becomes of the row when {context.text(call.args[0])} is deleted." if call.args else "",
            fix=Fix((edit,), safe=False, reason="The table needs a migration, and rows go that stayed before."),
        )


def _holder(context: Context, call: ast.Call) -> ast.AST | None:
    """The class or the `Table(…)` that a foreign key belongs to."""
    return next(
        (
            around
            for around in context.tree.ancestors(call)
            if isinstance(around, ast.ClassDef)
            or (isinstance(around, ast.Call) and context.names.callee(around) == "sqlalchemy.Table")
        ),
        None,
    )
