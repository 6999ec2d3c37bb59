"""A client can set a privileged column, because the whole request is poured into the row.

## Why is this bad?
Whoever sends `{"is_superuser": true}` becomes one: the schema takes the field, and nothing between it and the row asks
who may set it.

## Example
```python
class UserUpdate(BaseModel):
    full_name: str | None = None
    is_superuser: bool | None = None


@router.patch("/users/me")
async def update_me(data: UserUpdate, user: CurrentUser) -> UserResponse:
    for name, value in data.model_dump(exclude_unset=True).items():
        setattr(user, name, value)
    return UserResponse.model_validate(user)
```

## Use instead
```python
class UserUpdate(BaseModel):
    full_name: str | None = None


class UserAdminUpdate(UserUpdate):
    is_superuser: bool | None = None
```

## When to ignore
When the route is for administrators and the check is not a dependency.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.project.chains import chain_of
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Model
from layerwise.project.module import JOINT, Symbol
from layerwise.project.routes import Route
from layerwise.project.schemas import Schema, SchemaField
from layerwise.review.finding import Step
from layerwise.review.places import line_span, short_name
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.schemas import Pouring, find_pourings, schema_parameters

_ALWAYS = re.compile(r"^is_(super_?user|admin|staff|verified)$|^(hashed_password|password_hash|balance|credits)$")
_OF_USERS = re.compile(r"^(role|roles|permissions|is_active|scopes)$")
_USERS = re.compile(r"User|Account|Member|Person|Profile")
_GUARD = re.compile(r"admin|super_?user|staff|permission|role|owner|require|scope|privilege|can_", re.IGNORECASE)
_WRITES = frozenset({"POST", "PUT", "PATCH"})
_DEEPEST = 3

_MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    is_superuser: Mapped[bool]
"""

RULE = Rule(
    __name__,
    __doc__,
    code="SEC001",
    severity="error",
    scope="project",
    statements=("schema.separate", "dont.validation"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/schemas.py": """
                from pydantic import BaseModel


                class UserCreate(BaseModel):
                    full_name: str
                    is_superuser: bool = False  # !
                """,
                "app/service.py": """
                from app.models import User
                from app.schemas import UserCreate


                class UserService:
                    async def create(self, data: UserCreate) -> User:
                        return await self.users.add(User(**data.model_dump()))
                """,
                "app/api.py": """
                from app.schemas import UserCreate
                from app.service import UserService
                from fastapi import APIRouter, Depends

                router = APIRouter()


                @router.post("/register", status_code=201)
                async def register(data: UserCreate, service: UserService = Depends()) -> UserOut:
                    return UserOut.model_validate(await service.create(data))
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter
                from pydantic import BaseModel

                router = APIRouter()


                class ProfileUpdate(BaseModel):
                    full_name: str | None = None
                    is_superuser: bool | None = None  # !


                @router.patch("/users/me")
                async def update_me(data: ProfileUpdate, user: CurrentUser) -> UserOut:
                    changes = data.model_dump(exclude_unset=True)
                    for name, value in changes.items():
                        setattr(user, name, value)
                    return UserOut.model_validate(user)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter, Depends
                from pydantic import BaseModel

                router = APIRouter(dependencies=[Depends(get_current_superuser)])


                class UserUpdate(BaseModel):
                    is_superuser: bool | None = None


                @router.patch("/users/{user_id}")
                async def update_user(data: UserUpdate, user: LoadedUser) -> UserOut:
                    for name, value in data.model_dump(exclude_unset=True).items():
                        setattr(user, name, value)
                    return UserOut.model_validate(user)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter
                from pydantic import BaseModel

                router = APIRouter()


                class UserCreate(BaseModel):
                    full_name: str
                    is_superuser: bool = False


                @router.post("/register", status_code=201)
                async def register(data: UserCreate, service: UserServiceDep) -> UserOut:
                    user = User(**data.model_dump(exclude={"is_superuser"}))
                    return await service.add(user)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter
                from pydantic import BaseModel

                router = APIRouter()


                class UserCreate(BaseModel):
                    full_name: str


                @router.post("/register", status_code=201)
                async def register(data: UserCreate, service: UserServiceDep) -> UserOut:
                    return await service.add(User(**data.model_dump(), is_superuser=False))
                """,
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from fastapi import APIRouter
                from pydantic import BaseModel

                router = APIRouter()


                class ProfileUpdate(BaseModel):
                    is_superuser: bool | None = None


                @router.patch("/users/me")
                async def update_me(data: ProfileUpdate, user: CurrentUser) -> UserOut:
                    if data.is_superuser is not None:
                        user.is_superuser = data.is_superuser
                    return UserOut.model_validate(user)
                """,
            },
            why="a privileged field that is set by its name may be meant",
        ),
    ),
    evidence=("frankbria/auto-author PR 266",),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    reported: set[tuple[Symbol, str]] = set()
    for route in project.api.routes:
        guards = [*route.dependencies, *route.guards]
        unguarded = not any(_GUARD.search(guard) for guard in guards)
        if not unguarded or not _WRITES & set(route.methods) or project.layers[route.place.path] in ASIDE:
            continue
        for name, schema in schema_parameters(project, route.function):
            for field, model in _privileged(project, schema):
                pouring = _find_pouring(project, route.function, name, field, model, _DEEPEST)
                if pouring is not None and (schema.symbol, field.name) not in reported:
                    reported.add((schema.symbol, field.name))
                    yield _report(view, route, schema, field, model, pouring)


def _privileged(project: Project, schema: Schema) -> Iterator[tuple[SchemaField, Model]]:
    """The fields of a schema that name a privileged column, each with a model that has it."""
    for field in schema.fields:
        if not _ALWAYS.match(field.name) and not _OF_USERS.match(field.name):
            continue
        for model in project.models.values():
            if model.column(field.name) and (_ALWAYS.match(field.name) or _USERS.search(model.name)):
                yield field, model


def _find_pouring(
    project: Project, symbol: Symbol, name: str, field: SchemaField, model: Model, depth: int
) -> tuple[Symbol, Pouring] | None:
    """Where a function, or one that it hands the parameter on to, pours all of it into a row of the model."""
    node = project.node(symbol)
    if node is None:
        return None
    for pouring in find_pourings(project, symbol, node, name):
        limited = any(word.arg in ("exclude", "include") for word in pouring.dump.keywords)
        if (
            not limited
            and pouring.model in (model.symbol, None)
            and (pouring.model or _concerns(project, symbol, model))
        ):
            return symbol, pouring
    for call in ast.walk(node) if depth > 0 else ():
        if isinstance(call, ast.Call):
            for callee, parameter in _handed_on(project, symbol, call, name):
                if found := _find_pouring(project, callee, parameter, field, model, depth - 1):
                    return found
    return None


def _concerns(project: Project, symbol: Symbol, model: Model) -> bool:
    """Whether a function that writes to some row is about this model: it holds a row of it, or its module names it."""
    if any(entity.model == model.symbol for entity in project.entities.of(symbol)):
        return True
    module = project.module_of(symbol)
    return module is not None and any(project.resolve(module.path, name) == model.symbol for name in module.imports)


def _handed_on(project: Project, symbol: Symbol, call: ast.Call, name: str) -> Iterator[tuple[Symbol, str]]:
    """The function of the project that gets the parameter as an argument, and what it is called there."""
    positions = [index for index, each in enumerate(call.args) if isinstance(each, ast.Name) and each.id == name]
    words = [word.arg for word in call.keywords if isinstance(word.value, ast.Name) and word.value.id == name]
    if not positions and not words:
        return
    found = project.types.chain(symbol, chain_of(call.func), call.lineno)
    function = project.function(found.name) if found is not None and found.kind == "function" else None
    if found is None or function is None:
        return
    bound = [each for each in function.parameters if each.name not in ("self", "cls")]
    yield from ((found.name, bound[index].name) for index in positions if index < len(bound))
    yield from ((found.name, word) for word in words if word)


def _report(
    view: ProjectView, route: Route, schema: Schema, field: SchemaField, model: Model, found: tuple[Symbol, Pouring]
) -> Problem:
    where, pouring = found
    handler = short_name(route.function)
    column = model.column(field.name)
    place = column.place if column else model.place
    return Problem(
        line_span(view.source(field.place.path), field.place.line),
        f"Any client of `{handler}` can set `{model.name}.{field.name}`: "
        f"`{short_name(where)}` pours all of `{schema.name}` into the row.",
        path=field.place.path,
        trace=(
            Step(route.place.path, route.place.line, f"`{handler}` takes `{schema.name}`"),
            Step(where.partition(JOINT)[0], pouring.dump.lineno, "all its fields go into the row"),
            Step(place.path, place.line, f"`{field.name}` is a column"),
        ),
    )
