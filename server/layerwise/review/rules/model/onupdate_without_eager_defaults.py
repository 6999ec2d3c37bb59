"""A column that the database sets on UPDATE is sent to clients, but not fetched back.

## Why is this bad?
After an UPDATE the new value is unknown to the session: reading it loads it again, and with an async session that
raises MissingGreenlet, `expire_on_commit=False` or not.

## Example
```python
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
```

## Use instead
```python
class Post(Base):
    __tablename__ = "posts"
    __mapper_args__ = {"eager_defaults": True}
    id: Mapped[int] = mapped_column(primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
```

## When to ignore
When every update ends in `refresh()` before the row is read.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Column, Model
from layerwise.project.resolution import Place
from layerwise.project.schemas import Schema
from layerwise.review.finding import Step
from layerwise.review.places import line_span
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from datetime import UTC, datetime

from sqlalchemy import DateTime, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Stamped:
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), onupdate={onupdate}){mark}


class Post(Stamped, Base):
    __tablename__ = "posts"{eager}
    id: Mapped[int] = mapped_column(primary_key=True)


async def touch(session: AsyncSession) -> None:
    await session.flush()
"""
_SCHEMAS = """
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict


class PostResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    updated_at: AwareDatetime
"""

RULE = Rule(
    __name__,
    __doc__,
    code="MOD007",
    severity="warning",
    confidence="medium",
    scope="project",
    statements=("session.expire", "schema.from-attributes"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS.format(onupdate="func.now()", mark="  # !", eager=""),
                "app/schemas.py": _SCHEMAS,
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS.format(onupdate="func.current_timestamp()", mark="  # !", eager=""),
                "app/schemas.py": _SCHEMAS.replace("PostResponse", "PostOut"),
            }
        ),
        Good(
            {
                "app/models.py": _MODELS.format(
                    onupdate="func.now()", mark="", eager='\n    __mapper_args__ = {"eager_defaults": True}'
                ),
                "app/schemas.py": _SCHEMAS,
            }
        ),
        Good(
            {
                "app/models.py": _MODELS.format(onupdate="lambda: datetime.now(UTC)", mark="", eager=""),
                "app/schemas.py": _SCHEMAS,
            }
        ),
        Good({"app/models.py": _MODELS.format(onupdate="func.now()", mark="", eager="")}),
        Miss(
            {
                "app/models.py": _MODELS.format(onupdate="NOW", mark="", eager=""),
                "app/schemas.py": _SCHEMAS,
            },
            why="what a constant holds is not followed",
        ),
    ),
    evidence=("google/adk-python PR 5761",),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    if not project.uses_async_sessions:
        return
    reported: set[Place] = set()
    for model in project.models.values():
        if model.eager_defaults or project.layers[model.place.path] in ASIDE:
            continue
        for column in model.columns:
            schema = _sending(project, model, column) if _is_set_by_database(column) else None
            if schema is not None and column.place not in reported:
                reported.add(column.place)
                yield _report(view, model, column, schema)


def _is_set_by_database(column: Column) -> bool:
    return "func." in column.onupdate and "lambda" not in column.onupdate


def _sending(project: Project, model: Model, column: Column) -> Schema | None:
    """A schema that is read off rows of the model and has the column."""
    for schema in project.schemas.values():
        if schema.from_attributes and schema.field(column.name) and model.name in schema.name:
            return schema
    return None


def _report(view: ProjectView, model: Model, column: Column, schema: Schema) -> Problem:
    field = schema.field(column.name)
    place = field.place if field else schema.place
    return Problem(
        line_span(view.source(column.place.path), column.place.line),
        f"After an UPDATE `{model.name}.{column.name}` must be loaded again, and `{schema.name}` reads it at once; "
        "set `eager_defaults`.",
        path=column.place.path,
        trace=(
            Step(model.place.path, model.place.line, f"`{model.name}` has no `eager_defaults`"),
            Step(place.path, place.line, f"`{schema.name}` reads `{column.name}`"),
        ),
    )
