"""The legacy `Query` API is used.

## Why is this bad?
An AsyncSession has no `query`, and the legacy API has no types; statements work in both worlds.

## Example
```python
def find(db: Session, email: str) -> User | None:
    return db.query(User).filter(User.email == email).first()
```

## Use instead
```python
def find(db: Session, email: str) -> User | None:
    return db.execute(select(User).where(User.email == email)).scalar_one_or_none()
```

## When to ignore
In a sync code base that uses the legacy API throughout.
"""

from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="QRY001",
    severity="warning",
    statements=("query.select",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def find(session: AsyncSession, email: str) -> User | None:
                return session.query(User).filter(User.email == email).first()  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.orm import Session


            def find(db: Session, email: str) -> User | None:
                return db.query(User).filter_by(email=email).first()  # !


            def find_all(db: Session) -> list[User]:
                return list(db.scalars(select(User)))


            def count(db: Session) -> int:
                return db.query(User).count()  # !
            """
        ),
        Bad(
            """
            def find(db, email):
                return db.query(User).filter(User.email == email).first()  # !


            def count(db):
                return db.query(User).count()
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def find(session: AsyncSession, email: str) -> User | None:
                return await session.scalar(select(User).where(User.email == email))
            """
        ),
        Good(
            """
            def find(index: Index, text: str) -> list[str]:
                return index.query(text)
            """
        ),
        Good(
            """
            from chromadb import Client


            def find(db: Client, text: str) -> list[str]:
                return db.query(text)
            """
        ),
        FalseAlarm(
            """
            def find(db, text):
                return db.query(Document, text)  # !
            """,
            why="another database with a method `query` that is given a class",
        ),
        Miss(
            """
            def find(store: Store, email: str) -> User | None:
                return store.handle.query(User).first()
            """,
            why="nothing says that `store.handle` is a session",
        ),
    ),
)


# From so many uses on, in a module without statements, the legacy API is how the project works.
_THROUGHOUT = 3


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    """Each use where the module also speaks of statements or async sessions; else the first, for the whole module."""
    modern = any(True for _ in context.calls("select")) or any("AsyncSession" in name for name in context.names.imports)
    calls = [
        call for call in context.sessions.calls if call.method == "query" and _takes_entities(context.text(call.node))
    ]
    calls.sort(key=lambda call: (call.node.lineno, call.node.col_offset))
    if not modern and context.file_layer in ("test", "migration", "script"):
        return
    throughout = len(calls) >= _THROUGHOUT and not modern
    for call in calls if modern else calls[:1]:
        more = f"; {len(calls) - 1} more in this file" if not modern and len(calls) > 1 else ""
        kind = "an AsyncSession has no `query`" if call.kind == "async" else "use `select()`"
        message = f"`{context.text(call.node)}` is the legacy Query API: {kind}{more}."
        yield Problem(call.node, message, confidence="low" if throughout else "high")


def _takes_entities(text: str) -> bool:
    """`query(User)`, `query(User.id)`, `query(func.count())`, `query(self.model)`; not `query("text")`."""
    inside = text.partition(".query(")[2]
    return inside[:1].isupper() or inside.startswith(("func.", "self.", "cls.", "model", "models."))
