"""A default is worked out once, when the module is imported.

## Why is this bad?
All rows get the same id or the time at which the server started.

## Example
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4())
```

## Use instead
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
```

## Fix safety
Safe: the function is called for each row, as the default was meant.

## When to ignore
When one value for the whole process is meant.
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
    code="MOD003",
    severity="error",
    statements=("layer.models", "layer.schemas", "schema.field"),
    cases=(
        Bad(
            """
            from uuid import UUID, uuid4

            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4())  # !
            """,
            fixed="""
            from uuid import UUID, uuid4

            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
            """,
        ),
        Bad(
            """
            from datetime import UTC, datetime

            from pydantic import BaseModel, Field


            class Event(BaseModel):
                at: datetime = Field(default=datetime.now(UTC))  # !
                seen: datetime = datetime.now(UTC)  # !
            """,
            fixed="""
            from datetime import UTC, datetime

            from pydantic import BaseModel, Field


            class Event(BaseModel):
                at: datetime = Field(default_factory=lambda: datetime.now(UTC))
                seen: datetime = Field(default_factory=lambda: datetime.now(UTC))
            """,
        ),
        Bad(
            """
            from datetime import UTC, datetime


            def report(at: datetime = datetime.now(UTC)) -> str:  # !
                return at.isoformat()
            """
        ),
        Bad(
            """
            from app.db.times import utc_now
            from sqlalchemy import DateTime, func
            from sqlalchemy.orm import Mapped, mapped_column


            class Post(Base):
                __tablename__ = "posts"
                id: Mapped[int] = mapped_column(primary_key=True)
                made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now())  # !
                seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=func.now())
            """,
            fixed="""
            from app.db.times import utc_now
            from sqlalchemy import DateTime, func
            from sqlalchemy.orm import Mapped, mapped_column


            class Post(Base):
                __tablename__ = "posts"
                id: Mapped[int] = mapped_column(primary_key=True)
                made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now)
                seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=func.now())
            """,
        ),
        Good(
            """
            from datetime import UTC, datetime
            from uuid import UUID, uuid4

            from sqlalchemy import func
            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
                created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
                updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), default=func.now())
            """
        ),
        Good(
            """
            from datetime import UTC, datetime

            from pydantic import BaseModel, Field


            class Event(BaseModel):
                at: datetime = Field(default_factory=lambda: datetime.now(UTC))
            """
        ),
        Good(
            """
            import time

            STARTED = time.time()


            def uptime() -> float:
                started = time.time()
                return started - STARTED
            """
        ),
        FalseAlarm(
            """
            from uuid import uuid4


            def trace(run: str = uuid4().hex) -> str:  # !
                return run
            """,
            why="one value for the process may be meant",
        ),
        Miss(
            """
            from pydantic import BaseModel


            class Event(BaseModel):
                at: str = now_text()
            """,
            why="what a function of your own gives is not known",
        ),
    ),
)
_CHANGING = frozenset({
    "uuid.uuid4", "uuid.uuid1", "uuid4", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.now",
    "datetime.utcnow", "datetime.date.today", "date.today", "time.time", "secrets.token_urlsafe", "secrets.token_hex",
    "random.random", "random.randint",
})  # fmt: skip
_OWN = re.compile(r"(^|[._])(utc_?now|now_utc|get_now|now|uuid\d|generate_uuid|new_uuid|ulid)$")


@RULE.on(ast.keyword)
def check_keyword(context: Context, node: ast.keyword) -> Iterator[Problem]:
    call = context.tree.parent(node)
    if node.arg not in ("default", "onupdate", "insert_default") or not isinstance(call, ast.Call):
        return
    if (
        context.tree.function(node) is None
        and isinstance(node.value, ast.Call)
        and (made := _changing(context, node.value))
    ):
        edit_name = context.names.callee(call).startswith("pydantic")
        yield Problem(node.value, _message(context, made), fix=_fix_keyword(context, node, factory=edit_name))


@RULE.on_class
def check_class(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if context.classes.kind(node) != "schema" or context.tree.function(node) is not None:
        return
    for statement in node.body:
        value = statement.value if isinstance(statement, ast.AnnAssign) else None
        if isinstance(value, ast.Call) and _changes(context, value):
            local, imports = context.imports.add("pydantic.Field")
            text = f"{local}(default_factory={_callable(context, value)})"
            fix = Fix((context.source.replace(value, text), *imports), safe=True, reason=_REASON)
            yield Problem(value, _message(context, value), fix=fix)


@RULE.on_function
def check_parameters(context: Context, node: Function) -> Iterator[Problem]:
    if not parameters(node) or context.file_layer in ("test", "script", "migration"):
        return
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None and (made := _changing(context, default)):
            yield Problem(default, _message(context, made))


_REASON = "The function is called for each row, as the default was meant."


def _message(context: Context, made: ast.expr) -> str:
    return f"`{context.text(made)}` runs once, at import: every default is the same."


def _changes(context: Context, call: ast.Call) -> bool:
    """Whether a call gives another value each time: by what it is, or by the name of a function of the project."""
    name = context.names.callee(call) or dotted(call.func)
    own = not call.args and not name.startswith(("sqlalchemy.", "func.")) and _OWN.search(name)
    return name in _CHANGING or bool(own)


def _changing(context: Context, value: ast.expr) -> ast.Call | None:
    """The call that gives another value each time, at the head of an expression such as `uuid4().hex`."""
    while isinstance(value, ast.Attribute) or (isinstance(value, ast.Call) and not _changes(context, value)):
        value = value.value if isinstance(value, ast.Attribute) else value.func
    return value if isinstance(value, ast.Call) else None


def _callable(context: Context, call: ast.Call) -> str:
    if call.args or call.keywords:
        return f"lambda: {context.source.segment(call)}"
    return context.source.segment(call.func)


def _fix_keyword(context: Context, node: ast.keyword, *, factory: bool) -> Fix | None:
    if not isinstance(node.value, ast.Call) or not _changes(context, node.value):
        return None
    name = "default_factory" if factory else node.arg
    edit = context.source.replace(node, f"{name}={_callable(context, node.value)}")
    return Fix((edit,), safe=True, reason=_REASON)
