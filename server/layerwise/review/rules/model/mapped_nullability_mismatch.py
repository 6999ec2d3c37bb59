"""A column's annotation and its `nullable` disagree.

## Why is this bad?
The type checker is told that the value is always there, or may be missing, and the database says the opposite.

## Example
```python
class User(Base):
    __tablename__ = "users"
    nickname: Mapped[str] = mapped_column(String(50), nullable=True)
```

## Use instead
```python
class User(Base):
    __tablename__ = "users"
    nickname: Mapped[str | None] = mapped_column(String(50))
```

## Fix safety
Safe: only the annotation changes; `nullable` says what the column is, before and after.

## When to ignore
While a column is being filled, between two migrations.
"""

import ast
from collections.abc import Iterator

from layerwise.review.classes import fields
from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import keyword

RULE = Rule(
    __name__,
    __doc__,
    code="MOD008",
    severity="warning",
    habit=True,
    statements=("layer.models", "do.type-hints"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import String
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                nickname: Mapped[str] = mapped_column(String(50), nullable=True)  # !
                phone: Mapped[str | None] = mapped_column(String(50), nullable=False)  # !
            """,
            fixed="""
            from sqlalchemy import String
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                nickname: Mapped[str | None] = mapped_column(String(50), nullable=True)
                phone: Mapped[str] = mapped_column(String(50), nullable=False)
            """,
        ),
        Bad(
            """
            from typing import Optional

            from sqlalchemy import String
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                email: Mapped[Optional[str]] = mapped_column(String(50), nullable=False)  # !
            """
        ),
        Good(
            """
            from sqlalchemy import String
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                email: Mapped[str] = mapped_column(String(50), nullable=False)
                nickname: Mapped[str | None] = mapped_column(String(50), nullable=True)
            """
        ),
        Good(
            """
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                email: Mapped[str]
                nickname: Mapped[str | None]
            """
        ),
        Good(
            """
            from sqlalchemy import Column, String


            class User(Base):
                __tablename__ = "users"
                nickname = Column(String(50), nullable=True)
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                slug: Mapped[str] = mapped_column(nullable=True)  # !
            """,
            why="a column that is being filled, between two migrations",
        ),
        Miss(
            """
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                slug: Mapped[Slug] = mapped_column(nullable=True)
            """,
            why="an alias may already allow None",
        ),
    ),
)
_PLAIN = frozenset(
    {"str", "int", "float", "bool", "bytes", "datetime", "date", "UUID", "Decimal", "uuid.UUID", "datetime.datetime"}
)


@RULE.on_class
def check(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    for field in fields(node):
        annotation, value = field.annotation, field.value
        if not isinstance(annotation, ast.Subscript) or not isinstance(value, ast.Call):
            continue
        nullable = keyword(value, "nullable")
        if not isinstance(nullable, ast.Constant):
            continue
        if context.names.qualified(annotation.value) != "sqlalchemy.orm.Mapped":
            continue
        inner = ast.unparse(annotation.slice)
        optional = "None" in inner or inner.startswith("Optional[")
        if nullable.value is True and inner in _PLAIN:
            yield Problem(
                field.node,
                f"`{node.name}.{field.name}` is nullable, but typed `{inner}`; write `{inner} | None`.",
                fix=_retype(context, annotation.slice, f"{inner} | None"),
            )
        elif nullable.value is False and optional:
            yield Problem(
                field.node,
                f"`{node.name}.{field.name}` is typed `{inner}`, but NOT NULL.",
                fix=_retype(context, annotation.slice, inner.removesuffix(" | None"))
                if inner.endswith(" | None")
                else None,
            )


def _retype(context: Context, annotation: ast.expr, text: str) -> Fix:
    edit = context.source.replace(annotation, text)
    return Fix((edit,), safe=True, reason="The annotation says what `nullable` says; the column stays as it is.")
