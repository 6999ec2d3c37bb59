"""A value that must be unique is written, and nothing handles that it is taken.

## Why is this bad?
The database refuses the second row with an IntegrityError, which nobody catches: the client gets a 500 for what it
could have mended, and the session is left unusable.

## Example
```python
async def create_tag(session: AsyncSession, name: str) -> Tag:
    tag = Tag(name=name)
    session.add(tag)
    await session.flush()
    return tag
```

## Use instead
```python
async def create_tag(session: AsyncSession, name: str) -> Tag:
    tag = Tag(name=name)
    try:
        async with session.begin_nested():
            session.add(tag)
    except IntegrityError as error:
        raise ConflictError(f"tag {name} exists") from error
    return tag
```

## When to ignore
When the value is made up on the spot and cannot collide, such as a UUID.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.expressions import last_name
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Column, Model
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.insertions import is_handled_globally, is_protected
from layerwise.review.rows import walk_inside
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(default="")
"""
_API = """
from app import tags
from app.db import SessionDep
from app.schemas import TagIn, TagOut
from fastapi import APIRouter

router = APIRouter()


@router.post("/tags", status_code=201)
async def post_tag(session: SessionDep, data: TagIn) -> TagOut:
    return TagOut.model_validate(await tags.create_tag(session, data.name))
"""

RULE = Rule(
    __name__,
    __doc__,
    code="ERR009",
    severity="warning",
    confidence="medium",
    profile="strict",
    scope="project",
    statements=("service.exceptions", "service.raise", "repository.create"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/api.py": _API,
                "app/tags.py": """
                from app.models import Tag
                from sqlalchemy.ext.asyncio import AsyncSession


                async def create_tag(session: AsyncSession, name: str) -> Tag:
                    tag = Tag(name=name)  # !
                    session.add(tag)
                    await session.flush()
                    return tag
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/api.py": _API.replace("create_tag(session", "rename_tag(session, 1"),
                "app/tags.py": """
                from app.models import Tag
                from sqlalchemy.orm import Session


                def rename_tag(session: Session, tag_id: int, name: str) -> Tag | None:
                    tag = session.get(Tag, tag_id)
                    if tag is not None:
                        tag.name = name  # !
                        session.commit()
                    return tag
                """,
            }
        ),
        Bad(
            {
                "app/models.py": """
                from app.db import Base
                from sqlalchemy import Column, String


                class Credentials(Base):
                    __tablename__ = "credentials"
                    username = Column("username", String, primary_key=True)
                    password_hash = Column(String)


                class Ticket(Base):
                    __tablename__ = "tickets"
                    id = Column(String, primary_key=True)
                """,
                "app/api.py": """
                from app.models import Credentials, Ticket
                from fastapi import APIRouter
                from sqlalchemy.orm import Session

                router = APIRouter()


                @router.post("/credentials/{username}")
                def create_credentials(db: SessionDep, username: str, digest: str) -> str:
                    db.add(Credentials(username=username, password_hash=digest))  # !
                    db.commit()
                    return username


                @router.post("/tickets")
                def create_ticket(db: SessionDep) -> str:
                    ticket_id = make_id()
                    db.add(Ticket(id=ticket_id))
                    db.commit()
                    return ticket_id
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": _API,
                "app/tags.py": """
                from app.errors import ConflictError
                from app.models import Tag
                from sqlalchemy.exc import IntegrityError
                from sqlalchemy.ext.asyncio import AsyncSession


                async def create_tag(session: AsyncSession, name: str) -> Tag:
                    tag = Tag(name=name)
                    try:
                        async with session.begin_nested():
                            session.add(tag)
                    except IntegrityError as error:
                        raise ConflictError(name) from error
                    return tag
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": _API,
                "app/tags.py": """
                from app.errors import ConflictError
                from app.models import Tag
                from sqlalchemy.exc import IntegrityError
                from sqlalchemy.ext.asyncio import AsyncSession


                async def make(session: AsyncSession, name: str) -> Tag:
                    tag = Tag(name=name)
                    session.add(tag)
                    await session.flush()
                    return tag


                async def create_tag(session: AsyncSession, name: str) -> Tag:
                    try:
                        async with session.begin_nested():
                            return await make(session, name)
                    except IntegrityError as error:
                        raise ConflictError(name) from error
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": _API,
                "app/tags.py": """
                import uuid

                from app.models import Tag
                from sqlalchemy.ext.asyncio import AsyncSession


                async def create_tag(session: AsyncSession, note: str) -> Tag:
                    tag = Tag(name=str(uuid.uuid4()), note=note)
                    session.add(tag)
                    await session.flush()
                    return tag
                """,
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/tags.py": """
                from app.models import Tag
                from sqlalchemy.ext.asyncio import AsyncSession


                async def create_tag(session: AsyncSession, name: str) -> Tag:
                    tag = Tag(name=name)
                    session.add(tag)
                    await session.flush()
                    return tag
                """,
            },
            why="no route is seen to lead here, so nobody gets a 500",
        ),
    ),
    evidence=("onyx-dot-app/onyx 8d5fb67f0f", "Arize-ai/phoenix 417e283307", "Netflix/dispatch 02b5fda326"),
)
_SENDING = frozenset({"flush", "commit"})
_DEEPEST = 3


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    if not any(_keys(model) for model in project.models.values()) or is_handled_globally(project):
        return
    routes = {route.function for route in project.api.routes}
    callers: dict[Symbol, set[Symbol]] | None = None
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or project.layers[module.path] in ASIDE or not any(c.name in _SENDING for c in body.calls):
            continue
        node = project.node(symbol)
        found = next(_writes(project, symbol, node), None) if node is not None else None
        if found is None or is_protected(project, symbol, 2):
            continue
        callers = _callers(project) if callers is None else callers
        above = _functions_above(symbol, callers, _DEEPEST)
        if not routes.isdisjoint(above) and not any(is_protected(project, each, 1) for each in above):
            where, model, key = found
            names = " and ".join(f"`{name}`" for name in sorted(key))
            yield Problem(
                where,
                f"{names} of `{model.name}` must be unique, and nothing here handles that the value is taken.",
                path=module.path,
                trace=(Step(model.place.path, model.place.line, f"`{model.name}` is declared here"),),
            )


def _keys(model: Model) -> list[frozenset[str]]:
    """The sets of columns that must be unique together, primary keys that the database or the code makes up aside."""
    primary = [column for column in model.columns if column.primary_key]
    made_up = frozenset(column.name for column in primary if len(primary) > 1 or not _is_natural(column))
    return [key for key in model.unique if key and key != made_up]


def _is_natural(column: Column) -> bool:
    """Whether a primary key is a text that means something, such as the name of a user."""
    is_text = bool(re.match(r"(\w+\.)?(String|Text|Unicode|VARCHAR)\b", column.type)) or column.python == "str"
    given = column.default or column.server_default or column.foreign_key
    return is_text and not given and not re.search(r"(^|_)(id|uuid|uid|guid|hash)$", column.name)


def _writes(project: Project, symbol: Symbol, node: FunctionNode) -> Iterator[tuple[ast.expr, Model, frozenset[str]]]:
    """Rows that are made, or changed, with unique values that are not made up on the spot."""
    path = symbol.partition(JOINT)[0]
    rows = {entity.name: project.models[entity.model] for entity in project.entities.of(symbol)}
    for inner in walk_inside(node):
        if isinstance(inner, ast.Call) and last_name(inner.func)[:1].isupper():
            model = project.models.get(project.resolve(path, ast.unparse(inner.func)))
            words = {word.arg for word in inner.keywords if _is_given(word.value)}
            key = next((key for key in _keys(model) if key & words), None) if model else None
            if model is not None and key is not None:
                yield inner, model, key
        elif isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Attribute):
            target = inner.targets[0]
            row = rows.get(target.value.id) if isinstance(target.value, ast.Name) else None
            key = next((key for key in _keys(row) if target.attr in key), None) if row else None
            if row is not None and key is not None and _is_given(inner.value):
                yield target, row, key


def _is_given(value: ast.expr) -> bool:
    """Whether a value comes from elsewhere as it is, such as `name` or `data.name`: it may be one that is taken."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name) and not value.id[:1].isupper()


def _callers(project: Project) -> dict[Symbol, set[Symbol]]:
    found: dict[Symbol, set[Symbol]] = {}
    for symbol, _, _ in project.calls.functions():
        for call in project.calls.of(symbol):
            found.setdefault(call.target, set()).add(symbol)
    return found


def _functions_above(symbol: Symbol, callers: dict[Symbol, set[Symbol]], depth: int) -> set[Symbol]:
    """A function with those that lead to it."""
    above = callers.get(symbol, set()) if depth else set()
    return {symbol}.union(*(_functions_above(caller, callers, depth - 1) for caller in above))
