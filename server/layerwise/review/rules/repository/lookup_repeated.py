"""The same look-up is written in several places.

## Why is this bad?
When the rule changes, say that deleted rows do not count, one of the copies is forgotten.

## Example
```python
async def login(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email))


async def invite(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email))
```

## Use instead
```python
class UserRepository(BaseRepository[User]):
    async def get_by_email(self, email: str) -> User | None:
        return await self.session.scalar(select(User).where(User.email == email))
```

## When to ignore
When the places only look alike.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.places import line_span, short_name
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
_LOOKUP = """
from app.models import User
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


async def {name}(session: AsyncSession, email: str) -> bool:
    user = await session.scalar(select(User).where(User.email == email)){mark}
    return user is not None
"""

RULE = Rule(
    __name__,
    __doc__,
    code="REP005",
    severity="info",
    profile="strict",
    scope="project",
    statements=("repository.specific", "do.repository"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/a.py": _LOOKUP.format(name="known", mark=""),
                "app/b.py": _LOOKUP.format(name="invited", mark=""),
                "app/c.py": _LOOKUP.format(name="listed", mark="  # !"),
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                **{f"app/{name}.py": _LOOKUP.format(name=name, mark="") for name in ("a", "b", "c")},
                "app/d.py": _LOOKUP.format(name="listed", mark="  # !"),
            }
        ),
        Good({"app/models.py": _MODELS, "app/a.py": _LOOKUP.format(name="known", mark="")}),
        Good(
            {
                "app/models.py": _MODELS,
                "app/a.py": _LOOKUP.format(name="known", mark=""),
                "app/b.py": _LOOKUP.format(name="invited", mark=""),
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/a.py": _LOOKUP.format(name="known", mark=""),
                "app/b.py": _LOOKUP.format(name="invited", mark=""),
                "app/c.py": _LOOKUP.format(name="by_id", mark="").replace("User.email", "User.id"),
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/a.py": _LOOKUP.format(name="known", mark=""),
                "app/b.py": _LOOKUP.format(name="invited", mark=""),
                "app/c.py": _LOOKUP.format(name="listed", mark="").replace("User.email == email", "matches(email)"),
            },
            why="a condition that a function builds is not compared",
        ),
    ),
)
_LEAST = 3


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    found: dict[tuple[Symbol, frozenset[str]], dict[Symbol, int]] = {}
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or project.layers[module.path] in ASIDE or not any(c.name == "where" for c in body.calls):
            continue
        for statement in project.entities.statements(symbol):
            keys = {column.name for column in project.models[statement.model].columns if column.primary_key}
            if statement.methods == {"select", "where"} and statement.columns and not statement.columns & keys:
                found.setdefault((statement.model, statement.columns), {})[symbol] = statement.start.lineno
    for (model, columns), places in found.items():
        if len(places) >= _LEAST:
            *others, (symbol, line) = places.items()
            path = symbol.partition(JOINT)[0]
            source = view.source(path)
            names = " and ".join(f"`{name}`" for name in sorted(columns))
            what = f"`{project.models[model].name}` is looked up by {names} in {len(places)} functions"
            steps = tuple(Step(s.partition(JOINT)[0], at, f"`{short_name(s)}` does too") for s, at in others)
            message = f"{what}; make it a method of a repository."
            yield Problem(line_span(source, line), message, path=path, trace=steps)
