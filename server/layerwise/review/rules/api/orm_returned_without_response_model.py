"""A route returns an ORM row and declares no response type.

## Why is this bad?
Without a response type FastAPI sends every loaded column of the row, `hashed_password` among them, with status 200.

## Example
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int, session: SessionDep):
    return await session.get(User, user_id)
```

## Use instead
```python
@router.get("/users/{user_id}", response_model=UserResponse)
async def read_user(user_id: int, session: SessionDep) -> User:
    return await session.get_one(User, user_id)
```

## When to ignore
When the model has only columns that any client may see, today and later.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Model
from layerwise.project.module import JOINT
from layerwise.project.routes import Route
from layerwise.review.finding import Span, Step
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.rules.schema.secret_in_response_schema import PASSWORD

_MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    hashed_password: Mapped[str]
"""

RULE = Rule(
    __name__,
    __doc__,
    code="API003",
    severity="error",
    scope="project",
    statements=("schema.response", "layer.endpoints", "schema.separate"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/users.py": """
                from app.models import User
                from sqlalchemy import select
                from sqlalchemy.ext.asyncio import AsyncSession


                class Users:
                    def __init__(self, session: AsyncSession) -> None:
                        self.session = session

                    async def by_email(self, email: str) -> User | None:
                        result = await self.session.execute(select(User).where(User.email == email))
                        return result.scalar_one_or_none()
                """,
                "app/api.py": """
                from app.users import Users
                from fastapi import APIRouter, Depends

                router = APIRouter()


                @router.get("/users/{email}")
                async def read_user(email: str, users: Users = Depends(Users)):  # !
                    return await users.by_email(email)
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter
                from sqlalchemy import select

                router = APIRouter()


                @router.get("/users", status_code=200)
                async def list_users(session: SessionDep):  # !
                    users = (await session.scalars(select(User).limit(10))).all()
                    return users
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/users/{user_id}", response_model=UserResponse)
                async def read_user(user: CurrentUser) -> User:
                    return user
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from app.schemas import UserResponse
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/me")
                async def read_me(user: User) -> UserResponse:
                    return UserResponse.model_validate(user)
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/services.py": """
                from app.models import User


                async def pass_on(user: User):
                    return user
                """,
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/api.py": """
                from app.models import User
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/me")
                async def read_me(user: User):
                    return {"user": user}
                """,
            },
            why="rows inside dicts are not followed",
        ),
    ),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    for route in project.api.routes:
        if route.response_model or route.returns or project.layers[route.place.path] in ASIDE or "204" in route.status:
            continue
        found = project.entities.returned(route.function)
        model = project.models.get(found.model) if found else None
        if found is not None and model is not None:
            yield _report(view, route, model, found.many)


def _report(view: ProjectView, route: Route, model: Model, many: bool) -> Problem:
    name = route.function.rpartition(JOINT)[2]
    short = name.rpartition(".")[2]
    secrets = [column.name for column in model.columns if PASSWORD.match(column.name)]
    leak = f", `{secrets[0]}` among them" if secrets else ""
    source = view.source(route.place.path)
    line = route.place.line
    start = max(source.lines[line - 1].find(short), 0) if source else 0
    return Problem(
        Span(line, start + 1, line, start + 1 + len(short)),
        f"`{short}` returns {'rows' if many else 'a row'} of `{model.name}` without a response type: "
        f"all {len(model.columns)} columns are sent{leak}.",
        path=route.place.path,
        trace=(Step(model.place.path, model.place.line, f"`{model.name}` is mapped here"),),
    )
