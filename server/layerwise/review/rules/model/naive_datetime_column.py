"""A column holds times without a time zone.

## Why is this bad?
asyncpg refuses to store an aware time in it, and what comes back no longer says which instant it is.

## Example
```python
class User(Base):
    __tablename__ = "users"
    created_at: Mapped[datetime] = mapped_column(DateTime)
```

## Use instead
```python
class User(Base):
    __tablename__ = "users"
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
```

## Fix safety
Unsafe: the column changes its type, which takes a migration.

## When to ignore
For local times such as opening hours.
"""

import ast
from collections.abc import Iterator

from layerwise.review.classes import fields
from layerwise.review.context import Context
from layerwise.review.finding import Edit, Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import is_true, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="MOD001",
    severity="warning",
    habit=True,
    statements=("layer.models", "structure.models"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy import DateTime
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                created_at: Mapped[datetime] = mapped_column(DateTime)  # !
            """,
            fixed="""
            from sqlalchemy import DateTime
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
            """,
        ),
        Bad(
            """
            import sqlalchemy as sa


            class User(Base):
                __tablename__ = "users"
                created_at = sa.Column(sa.DateTime(), server_default=sa.func.now())  # !
                updated_at = sa.Column(sa.DateTime(timezone=False))
            """,
            fixed="""
            import sqlalchemy as sa


            class User(Base):
                __tablename__ = "users"
                created_at = sa.Column(sa.DateTime(timezone=True), server_default=sa.func.now())
                updated_at = sa.Column(sa.DateTime(timezone=False))
            """,
        ),
        Bad(
            """
            from datetime import datetime

            from sqlmodel import Field, SQLModel


            class Run(SQLModel, table=True):
                id: int | None = Field(default=None, primary_key=True)
                started_at: datetime = Field(default_factory=now)  # !
                ended_at: datetime | None = None  # !
            """
        ),
        Good(
            """
            from datetime import date, datetime

            from sqlalchemy import Column, DateTime
            from sqlmodel import Field, SQLModel


            class Run(SQLModel, table=True):
                id: int | None = Field(default=None, primary_key=True)
                day: date
                started_at: datetime = Field(sa_type=DateTime(timezone=True))
                ended_at: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))


            class RunOut(SQLModel):
                started_at: datetime
            """
        ),
        Good(
            """
            from sqlalchemy import DateTime
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
            """
        ),
        Good(
            """
            from sqlalchemy import Date
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                born_on: Mapped[date] = mapped_column(Date)
            """
        ),
        Good(
            """
            import sqlalchemy as sa
            from alembic import op


            def upgrade() -> None:
                op.add_column("users", sa.Column("created_at", sa.DateTime()))
            """,
            path="alembic/versions/0001_first.py",
        ),
        FalseAlarm(
            """
            from sqlalchemy import DateTime
            from sqlalchemy.orm import Mapped, mapped_column


            class Shop(Base):
                __tablename__ = "shops"
                opens_at: Mapped[datetime] = mapped_column(DateTime)  # !
            """,
            why="local times look like any other",
        ),
        Miss(
            """
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                created_at: Mapped[datetime] = mapped_column()
            """,
            why="the base may map datetime to a type with a zone",
        ),
    ),
    evidence=("benavlabs/FastAPI-boilerplate 83b29be6e1", "hngprojects 4a9c42cc59"),
)


@RULE.on_call("mapped_column", "Column")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) not in ("sqlalchemy.orm.mapped_column", "sqlalchemy.Column"):
        return
    klass = context.tree.klass(call)
    if klass is None or context.file_layer in ("test", "migration"):
        return
    for argument in (*call.args, *(word.value for word in call.keywords if word.arg == "type_")):
        named = argument.func if isinstance(argument, ast.Call) else argument
        if not context.names.is_any(named, "sqlalchemy.DateTime", "sqlalchemy.types.DateTime"):
            continue
        zone = keyword(argument, "timezone") if isinstance(argument, ast.Call) else None
        if zone is None and not (isinstance(argument, ast.Call) and argument.args and is_true(argument.args[0])):
            column = _column_name(context, call)
            yield Problem(call, f"`{klass.name}.{column}` has no time zone.", fix=_fix(context, argument))


@RULE.on_class
def check_table(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    """The fields of a SQLModel table, whose datetimes are naive unless they are given a type."""
    is_table = any(word.arg == "table" and is_true(word.value) for word in node.keywords)
    if not is_table or context.file_layer in ("test", "migration"):
        return
    for field in fields(node):
        typed = isinstance(field.value, ast.Call) and any(
            word.arg in ("sa_type", "sa_column") or word.arg is None for word in field.value.keywords
        )
        named = (each for each in ast.walk(field.annotation) if isinstance(each, ast.Name | ast.Attribute))
        if not typed and any(context.names.is_any(each, "datetime.datetime") for each in named):
            yield Problem(field.node, f"`{node.name}.{field.name}` has no time zone.")


def _column_name(context: Context, call: ast.Call) -> str:
    statement = context.tree.statement(call)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return target.id if isinstance(target, ast.Name) else "column"


def _fix(context: Context, argument: ast.expr) -> Fix:
    source = context.source
    named = argument.func if isinstance(argument, ast.Call) else argument
    edit = Edit(context.path, source.end(named), source.end(argument), "(timezone=True)")
    return Fix((edit,), safe=False, reason="The column changes its type; write a migration for it.")
