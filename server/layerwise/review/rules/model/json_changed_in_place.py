"""A JSON column is changed in place.

## Why is this bad?
SQLAlchemy does not see what happens inside the dict or list: the change is never written, and no error says so.

## Example
```python
user = await session.get_one(User, user_id)
user.preferences["theme"] = "dark"
await session.commit()
```

## Use instead
```python
user = await session.get_one(User, user_id)
user.preferences = {**user.preferences, "theme": "dark"}
await session.commit()
```

## When to ignore
When the change is not meant to be stored.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.rows import find_reads, walk_inside
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, ProjectView, Rule
from layerwise.review.tree import dotted

_MODELS = """
from sqlalchemy import JSON
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    preferences: Mapped[dict[str, str]] = mapped_column(JSON)
    tags: Mapped[list[str]] = mapped_column(JSON)
    tracked: Mapped[dict[str, str]] = mapped_column(MutableDict.as_mutable(JSON))
"""

RULE = Rule(
    __name__,
    __doc__,
    code="MOD013",
    severity="error",
    scope="project",
    statements=("repository.update",),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy.ext.asyncio import AsyncSession


                async def choose_theme(session: AsyncSession, user_id: int, theme: str) -> None:
                    user = await session.get_one(User, user_id)
                    user.preferences["theme"] = theme  # !
                    await session.commit()
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy.orm import Session


                def add_tag(session: Session, user_id: int, tag: str) -> None:
                    user = session.get_one(User, user_id)
                    user.tags.append(tag)  # !
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy.orm import Session


                def choose_theme(session: Session, user_id: int, theme: str) -> None:
                    user = session.get_one(User, user_id)
                    user.preferences = {**user.preferences, "theme": theme}
                    user.tracked["theme"] = theme
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy.orm import Session
                from sqlalchemy.orm.attributes import flag_modified


                def choose_theme(session: Session, user_id: int, theme: str) -> None:
                    user = session.get_one(User, user_id)
                    user.preferences["theme"] = theme
                    flag_modified(user, "preferences")
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User


                def make_user() -> User:
                    user = User(preferences={})
                    user.preferences["theme"] = "dark"
                    return user


                def fill(new: User) -> None:
                    new.preferences["theme"] = "dark"
                """,
            }
        ),
        FalseAlarm(
            {
                "app/models.py": _MODELS,
                "app/views.py": """
                from app.models import User
                from sqlalchemy.orm import Session


                def describe(session: Session, user_id: int) -> dict[str, str]:
                    user = session.get_one(User, user_id)
                    user.preferences.setdefault("theme", "light")  # !
                    return user.preferences
                """,
            },
            why="a value that is only filled in for showing need not be stored",
        ),
    ),
)
_JSON = re.compile(r"\b(JSONB?|PickleType|ARRAY|HSTORE)\b")
_CHANGING = frozenset({
    "append", "extend", "insert", "remove", "clear", "reverse", "sort", "update", "setdefault", "pop", "popitem",
})  # fmt: skip


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    names = {
        column.name
        for model in project.models.values()
        for column in model.columns
        if _JSON.search(column.type) and "utable" not in column.type
    }
    for symbol, module, function in project.calls.functions() if names else ():
        body = module.bodies.get(function.qualname)
        if body is None or project.layers[module.path] in ASIDE or names.isdisjoint(body.reads):
            continue
        node = project.node(symbol)
        if node is not None and not any(call.name == "flag_modified" for call in body.calls):
            yield from _check_function(project, symbol, node, names)


def _check_function(project: Project, symbol: Symbol, node: FunctionNode, names: set[str]) -> Iterator[Problem]:
    changes = dict(_changes(node))
    stored = {dotted(each) for each in walk_inside(node) if isinstance(getattr(each, "ctx", None), ast.Store)}
    for read in find_reads(project, symbol, node):
        statement = changes.get(id(read.node))
        column = project.models[read.entity.model].column(read.node.attr)
        if (
            statement is None
            or column is None
            or column.name not in names
            or read.entity.origin not in ("query", "call")
        ):
            continue
        row = read.entity.name
        if not read.entity.many and f"{row}.{column.name}" not in stored:
            yield Problem(
                statement,
                f"`{row}.{column.name}` is changed in place, which SQLAlchemy does not see: nothing is written.",
                path=symbol.partition(JOINT)[0],
                trace=(Step(column.place.path, column.place.line, f"`{column.name}` is a plain `{column.type}`"),),
            )


def _changes(node: FunctionNode) -> Iterator[tuple[int, ast.expr]]:
    """The attributes whose contents are changed, by identity, each with the expression that changes them."""
    for inner in walk_inside(node):
        if isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store | ast.Del):
            yield id(inner.value), inner
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _CHANGING:
            yield id(inner.func.value), inner
