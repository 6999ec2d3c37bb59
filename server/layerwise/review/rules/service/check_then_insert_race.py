"""A look-up decides whether to insert, and nothing stands against two at once.

## Why is this bad?
Two requests can both look before either inserts: the second then fails on the unique constraint, and its client gets a
500 instead of a conflict.

## Example
```python
async def register(self, data: UserCreate) -> User:
    if await self.users.by_email(data.email):
        raise ConflictError("email is taken")
    return await self.users.create(email=data.email)
```

## Use instead
```python
async def register(self, data: UserCreate) -> User:
    try:
        return await self.users.create(email=data.email)
    except IntegrityError as error:
        raise ConflictError("email is taken") from error
```

## When to ignore
When only one worker ever inserts such rows.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.module import JOINT
from layerwise.review.finding import Step
from layerwise.review.insertions import find_guarded_insertions
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
"""
_USERS = """
from app.models import User
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def by_email(self, email: str) -> User | None:
        result = await self.session.execute(select(User).where(User.email == email))
        return result.scalar_one_or_none()

    async def create(self, email: str) -> User:
        user = User(email=email)
        self.session.add(user)
        await self.session.flush()
        return user
"""

RULE = Rule(
    __name__,
    __doc__,
    code="SVC004",
    severity="warning",
    confidence="medium",
    scope="project",
    statements=("service.exceptions", "service.rules"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/users.py": _USERS,
                "app/service.py": """
                from app.users import Users


                class UserService:
                    def __init__(self, users: Users) -> None:
                        self.users = users

                    async def register(self, email: str) -> UserOut:
                        known = await self.users.by_email(email)
                        if known is not None:
                            raise ConflictError("email is taken")
                        return UserOut.model_validate(await self.users.create(email))  # !
                """,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy import select
                from sqlalchemy.ext.asyncio import AsyncSession


                async def ensure_user(session: AsyncSession, email: str) -> None:
                    user = await session.scalar(select(User).where(User.email == email))
                    if not user:
                        session.add(User(email=email))  # !
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/users.py": _USERS,
                "app/service.py": """
                from app.users import Users
                from sqlalchemy.exc import IntegrityError


                class UserService:
                    def __init__(self, users: Users) -> None:
                        self.users = users

                    async def register(self, email: str) -> UserOut:
                        if known := await self.users.by_email(email):
                            raise ConflictError(f"{known.email} is taken")
                        try:
                            return UserOut.model_validate(await self.users.create(email))
                        except IntegrityError as error:
                            raise ConflictError("email is taken") from error
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy.dialects.postgresql import insert
                from sqlalchemy.ext.asyncio import AsyncSession


                async def ensure_user(session: AsyncSession, email: str) -> None:
                    await session.execute(insert(User).values(email=email).on_conflict_do_nothing())
                """,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/users.py": _USERS,
                "app/service.py": """
                from app.users import Users


                class UserService:
                    def __init__(self, users: Users) -> None:
                        self.users = users

                    async def find(self, email: str) -> UserOut:
                        user = await self.users.by_email(email)
                        if user is None:
                            raise NotFoundError(email)
                        return UserOut.model_validate(user)
                """,
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/store.py": """
                from app.models import User
                from sqlalchemy import exists, select
                from sqlalchemy.ext.asyncio import AsyncSession


                async def ensure_user(session: AsyncSession, email: str) -> None:
                    if not await session.scalar(select(exists().where(User.email == email))):
                        session.add(User(email=email))
                """,
            },
            why="only look-ups that give the row itself are followed",
        ),
    ),
    evidence=("google/adk-python PR 4955", "aegra/aegra PR 486", "onyx-dot-app/onyx 2103ed9e81"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    for found in find_guarded_insertions(project):
        if found.model.is_unique(found.columns):
            names = ", ".join(f"`{name}`" for name in sorted(found.columns))
            path = found.symbol.partition(JOINT)[0]
            yield Problem(
                found.insertion,
                f"Between the look-up of `{found.model.name}` by {names} and this insertion another request may insert "
                "the same; handle IntegrityError.",
                path=path,
                trace=(
                    Step(path, found.lookup_line, f"`{found.model.name}` is looked up by {names}"),
                    Step(found.model.place.path, found.model.place.line, f"{names} is unique in `{found.model.name}`"),
                ),
            )
