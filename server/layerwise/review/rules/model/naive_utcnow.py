"""`utcnow` gives a time without a time zone.

## Why is this bad?
It is read as local time by `timestamp()` and by clients, and comparing it with an aware time raises TypeError.

## Example
```python
expires_at = datetime.utcnow() + timedelta(minutes=15)
```

## Use instead
```python
expires_at = datetime.now(timezone.utc) + timedelta(minutes=15)
```

## Fix safety
Unsafe: columns and comparisons that expect naive times must follow.

## When to ignore
When a column without time zone is filled on purpose.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="MOD002",
    severity="warning",
    habit=True,
    statements=("layer.models", "structure.core"),
    cases=(
        Bad(
            """
            from datetime import datetime, timedelta


            def expiry() -> datetime:
                return datetime.utcnow() + timedelta(minutes=15)  # !
            """,
            fixed="""
            from datetime import datetime, timedelta, timezone


            def expiry() -> datetime:
                return datetime.now(timezone.utc) + timedelta(minutes=15)
            """,
        ),
        Bad(
            """
            import datetime as dt


            def now() -> dt.datetime:
                return dt.datetime.utcnow()  # !
            """,
            fixed="""
            import datetime as dt


            def now() -> dt.datetime:
                return dt.datetime.now(dt.timezone.utc)
            """,
        ),
        Bad(
            """
            from datetime import datetime

            from sqlalchemy.orm import Mapped, mapped_column


            class User(Base):
                __tablename__ = "users"
                created_at: Mapped[datetime] = mapped_column(default=datetime.utcnow)  # !
            """,
        ),
        Good(
            """
            from datetime import datetime, timezone


            def now() -> datetime:
                return datetime.now(timezone.utc)
            """
        ),
        Good(
            """
            from datetime import UTC, datetime


            def now() -> datetime:
                return datetime.now(UTC)
            """
        ),
        Good(
            """
            def now(clock: Clock) -> float:
                return clock.utcnow()
            """
        ),
        FalseAlarm(
            """
            from datetime import datetime


            def legacy_stamp() -> datetime:
                return datetime.utcnow()  # !
            """,
            why="an old column may want naive times; then strip the zone in one place",
        ),
        Miss(
            """
            from datetime import datetime


            def now() -> datetime:
                return datetime.now()
            """,
            why="local time may be meant",
        ),
    ),
    evidence=("fastapi/full-stack-fastapi-template 6e1c888af3", "letta-ai/letta ff22d576ad", "ruff DTZ003"),
)
_NAIVE = ("datetime.datetime.utcnow", "datetime.utcnow", "datetime.datetime.utcfromtimestamp")


@RULE.on_call("utcnow", "utcfromtimestamp")
def check_call(context: Context, call: ast.Call) -> Iterator[Problem]:
    name = context.names.callee(call)
    if name in _NAIVE and context.file_layer not in ("test", "migration"):
        yield Problem(
            call, f"`{context.text(call)}` has no time zone; use `datetime.now(timezone.utc)`.", fix=_fix(context, call)
        )


@RULE.on(ast.keyword)
def check_default(context: Context, node: ast.keyword) -> Iterator[Problem]:
    if node.arg in ("default", "onupdate", "default_factory") and context.names.is_any(node.value, *_NAIVE):
        yield Problem(node.value, f"`{context.text(node.value)}` gives times without a time zone.")


def _fix(context: Context, call: ast.Call) -> Fix | None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "utcnow":
        return None
    source = context.source
    owner = source.segment(call.func.value)
    reason = "Columns and comparisons that expect naive times must follow."
    if owner.endswith(".datetime"):
        zone = f"{owner.removesuffix('datetime')}timezone.utc"
        return Fix((source.replace(call, f"{owner}.now({zone})"),), safe=False, reason=reason)
    local, imports = context.imports.add("datetime.timezone")
    return Fix((source.replace(call, f"{owner}.now({local}.utc)"), *imports), safe=False, reason=reason)
