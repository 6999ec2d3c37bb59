"""A relationship is read that the query did not load.

## Why is this bad?
With an async session reading an unloaded relationship raises MissingGreenlet: the load would need an `await` that an
attribute has no place for.

## Example
```python
async def titles(session: AsyncSession, user_id: int) -> list[str]:
    user = await session.scalar(select(User).where(User.id == user_id))
    return [post.title for post in user.posts]
```

## Use instead
```python
async def titles(session: AsyncSession, user_id: int) -> list[str]:
    user = await session.scalar(select(User).options(selectinload(User.posts)).where(User.id == user_id))
    return [post.title for post in user.posts]
```

## Fix safety
The fix adds `selectinload` to the query. It is unsafe: the query loads more.

## When to ignore
When the same session has loaded the relationship of this row before.
"""

import ast
from collections.abc import Iterator
from dataclasses import replace

from layerwise.project.entities import Entity
from layerwise.project.expressions import dotted_name, last_name, text_literal
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Model, Relationship
from layerwise.project.module import JOINT, Symbol
from layerwise.project.routes import Route
from layerwise.project.schemas import Schema
from layerwise.review.finding import Fix, Step
from layerwise.review.places import open_context
from layerwise.review.rows import bound_lines, entity_at, find_reads, lazy_relationship, walk_inside
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, ProjectView, Rule
from layerwise.review.schemas import names_in
from layerwise.review.source import Source

_MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author", lazy="select")
    team: Mapped["Team"] = relationship(lazy="selectin")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    author: Mapped[User] = relationship(back_populates="posts", lazy="select")
"""
_USERS = """
from app.models import User
from sqlalchemy.ext.asyncio import AsyncSession


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def by_id(self, user_id: int) -> User | None:
        return await self.session.get(User, user_id)
"""
_HEAD = """
from app.models import Post, User
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
"""

RULE = Rule(
    __name__,
    __doc__,
    code="QRY003",
    severity="error",
    scope="project",
    statements=("query.eager",),
    versions={"sqlalchemy": ">=1.4"},
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/service.py": _HEAD
                + """

async def titles(session: AsyncSession, user_id: int) -> list[str]:
    user = await session.scalar(select(User).where(User.id == user_id))
    return [post.title for post in user.posts]  # !
""",
            },
            fixed={
                "app/service.py": _HEAD
                + """

async def titles(session: AsyncSession, user_id: int) -> list[str]:
    user = await session.scalar(select(User).options(selectinload(User.posts)).where(User.id == user_id))
    return [post.title for post in user.posts]
"""
            },
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/users.py": _USERS,
                "app/service.py": """
                from app.users import Users


                class UserService:
                    def __init__(self, users: Users) -> None:
                        self.users = users

                    async def count_posts(self, user_id: int) -> int:
                        user = await self.users.by_id(user_id)
                        return len(user.posts) if user else 0  # !
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/users.py": _USERS,
                "app/api.py": """
                from app.users import Users
                from fastapi import APIRouter, Depends
                from pydantic import BaseModel

                router = APIRouter()


                class PostOut(BaseModel):
                    id: int


                class UserOut(BaseModel):
                    id: int
                    posts: list[PostOut]


                @router.get("/users/{user_id}", response_model=UserOut)
                async def read_user(user_id: int, users: Users = Depends(Users)):  # !
                    return await users.by_id(user_id)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/service.py": _HEAD
                + """

async def load(session: AsyncSession, user_id: int) -> tuple[int, str]:
    query = select(User).where(User.id == user_id)
    query = query.options(selectinload(User.posts))
    user = (await session.execute(query)).scalar_one()
    return len(user.posts), user.team.name
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/service.py": _HEAD
                + """

async def load(session: AsyncSession, user_id: int) -> int:
    user = await session.get_one(User, user_id)
    await session.refresh(user, ["posts"])
    return len(user.posts)
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/service.py": """
                from app.models import User
                from sqlalchemy import select
                from sqlalchemy.orm import Session


                def load(session: Session, user_id: int) -> int:
                    user = session.scalars(select(User).where(User.id == user_id)).one()
                    return len(user.posts)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/service.py": _HEAD
                + """

async def create(session: AsyncSession) -> int:
    user = User(posts=[Post()])
    session.add(user)
    return len(user.posts)
""",
            }
        ),
        FalseAlarm(
            {
                "app/models.py": _MODELS,
                "app/service.py": _HEAD
                + """

async def load(session: AsyncSession, user_id: int) -> int:
    await session.scalars(select(User).options(selectinload(User.posts)))
    user = await session.get_one(User, user_id)
    return len(user.posts)  # !
""",
            },
            why="that an earlier query of the session has loaded the same row is not followed",
        ),
    ),
    evidence=("onyx-dot-app/onyx 727be3d663", "letta-ai/letta aee9cacaa", "discord/access PR 477"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    names = {each.name for model in project.models.values() for each in model.relationships}
    if not names:
        return
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or not function.is_async or project.layers[module.path] in ASIDE:
            continue
        validates = any(call.name in ("model_validate", "from_orm") for call in body.calls)
        if not validates and names.isdisjoint(body.reads):
            continue
        node = project.node(symbol)
        if node is not None:
            yield from _check_reads(view, symbol, node)
            yield from _check_validations(view, symbol, node)
    for route in project.api.routes:
        yield from _check_route(view, route)


def _check_reads(view: ProjectView, symbol: Symbol, node: FunctionNode) -> Iterator[Problem]:
    project: Project = view.project
    given = _given_names(node)
    reported: set[tuple[str, str]] = set()
    for read in find_reads(project, symbol, node):
        model = project.models[read.entity.model]
        found = lazy_relationship(model, read.entity, read.node.attr)
        key = (read.entity.name, read.node.attr)
        if found is None or read.entity.origin not in ("query", "call") or read.entity.many:
            continue
        if key not in reported and not given & {"*", read.node.attr, f"{read.entity.name}.{read.node.attr}"}:
            reported.add(key)
            what = f"`{read.entity.name}.{read.node.attr}`"
            yield _report(view, symbol, read.node, model, found, read.entity, f"{what} is read")


def _given_names(node: FunctionNode) -> set[str]:
    """The relationships that a function itself loads by `refresh(row, [names])`, or sets on a row."""
    found: set[str] = set()
    for inner in walk_inside(node):
        if isinstance(inner, ast.Call) and last_name(inner.func) == "refresh":
            for argument in (*inner.args[1:], *(word.value for word in inner.keywords)):
                found |= {text_literal(each) for each in ast.walk(argument) if isinstance(each, ast.expr)}
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found.add(dotted_name(inner))
        elif isinstance(inner, ast.Attribute) and inner.attr in ("awaitable_attrs", "unloaded"):
            found.add("*")
    return found


def _check_validations(view: ProjectView, symbol: Symbol, node: FunctionNode) -> Iterator[Problem]:
    """`UserOut.model_validate(user)` where the schema has a field that is an unloaded relationship."""
    project: Project = view.project
    path = symbol.partition(JOINT)[0]
    entities, rebound, given = project.entities.of(symbol), bound_lines(node), _given_names(node)
    rows_of = dict(_comprehended_rows(project, symbol, node))
    for inner in walk_inside(node):
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Attribute) or not inner.args:
            continue
        argument = inner.args[0]
        schema = project.schemas.get(project.resolve(path, dotted_name(inner.func.value) or "?"))
        if inner.func.attr not in ("model_validate", "from_orm") or schema is None:
            continue
        if isinstance(argument, ast.Name):
            entity = rows_of.get(id(inner)) or entity_at(entities, rebound, argument.id, inner.lineno)
        else:
            entity = project.entities.classify(symbol, argument)
        if entity is not None and entity.origin in ("query", "call"):
            yield from _check_schema(view, symbol, inner, schema, entity, given)


def _comprehended_rows(project: Project, symbol: Symbol, node: FunctionNode) -> Iterator[tuple[int, Entity]]:
    """The calls inside `[f(row) for row in rows]`, by identity, with the row that the comprehension binds."""
    for inner in walk_inside(node):
        if isinstance(inner, ast.ListComp | ast.GeneratorExp) and isinstance(inner.generators[0].target, ast.Name):
            source = inner.generators[0].iter
            while isinstance(source, ast.Subscript):
                source = source.value
            rows = project.entities.classify(symbol, source)
            if rows is not None and rows.many and isinstance(inner.elt, ast.Call):
                yield id(inner.elt), replace(rows, many=False)


def _check_route(view: ProjectView, route: Route) -> Iterator[Problem]:
    """A route that returns rows whose response schema has a field that is an unloaded relationship."""
    project: Project = view.project
    function, module = project.function(route.function), project.module_of(route.function)
    annotation = route.response_model or route.returns
    if function is None or module is None or not function.is_async or project.layers[module.path] in ASIDE:
        return
    named = [project.schemas.get(project.resolve(module.path, name)) for name in names_in(annotation)]
    schemas = [schema for schema in named if schema is not None]
    entity = project.entities.returned(route.function) if schemas else None
    node = project.node(route.function)
    if entity is not None and node is not None and entity.origin in ("query", "call"):
        yield from _check_schema(view, route.function, node, schemas[-1], entity, _given_names(node))


def _check_schema(
    view: ProjectView, symbol: Symbol, node: ast.Call | FunctionNode, schema: Schema, entity: Entity, given: set[str]
) -> Iterator[Problem]:
    model = view.project.models[entity.model]
    for field in schema.fields:
        found = lazy_relationship(model, entity, field.name)
        if found is not None and not given & {field.name, "*"}:
            what = f"`{schema.name}` reads `{model.name}.{field.name}`"
            yield _report(view, symbol, node, model, found, entity, what)
            return


def _report(
    view: ProjectView,
    symbol: Symbol,
    node: ast.expr | FunctionNode,
    model: Model,
    found: Relationship,
    entity: Entity,
    what: str,
) -> Problem:
    path = symbol.partition(JOINT)[0]
    source = view.source(path)
    steps = (
        Step(*(entity.built or (path, entity.line)), f"the `{model.name}` is loaded here"),
        Step(found.place.path, found.place.line, f"`{model.name}.{found.name}` loads on access"),
    )
    return Problem(
        node,
        f"{what}, but the query does not load it; {_outcome(found)}.",
        path=path,
        confidence="high" if found.collection else "medium",
        trace=steps,
        fix=_fix(source, model, found, entity) if source is not None else None,
    )


def _outcome(found: Relationship) -> str:
    if found.lazy.startswith("raise"):
        return f'`lazy="{found.lazy}"` then raises InvalidRequestError'
    return "an async session raises MissingGreenlet"


def _fix(source: Source, model: Model, found: Relationship, entity: Entity) -> Fix | None:
    if entity.start is None or last_name(entity.start.func) == "query":
        return None
    name, imports = open_context(source).imports.add("sqlalchemy.orm.selectinload")
    written = dotted_name(entity.start.args[0])
    option = f"{name}({written}.{found.name})"
    if last_name(entity.start.func) == "select":
        edit = source.insert(source.end(entity.start), f".options({option})")
    elif not any(word.arg == "options" for word in entity.start.keywords):
        edit = source.add_argument(entity.start, f"options=[{option}]")
    else:
        return None
    return Fix((edit, *imports), safe=False, reason=f"The query also loads `{model.name}.{found.name}`.")
