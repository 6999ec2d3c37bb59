"""A relationship loads on access, which an async session cannot do.

## Why is this bad?
The default `lazy="select"` queries when the attribute is read: under asyncio that is MissingGreenlet, raised wherever
the row happens to end up. With `lazy="raise"` the first test that reads it says which query must load it.

## Example
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
```

## Use instead
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="author", lazy="raise")
```

## Fix safety
The fix adds `lazy="raise"`. It is unsafe: code that reads the relationship inside `run_sync` now has to load it first.

## When to ignore
When the project reads relationships through `awaitable_attrs` only.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Relationship
from layerwise.review.finding import Fix
from layerwise.review.places import line_span, open_context
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SessionLocal = async_sessionmaker(expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship({arguments}){mark}
"""

RULE = Rule(
    __name__,
    __doc__,
    code="MOD005",
    severity="warning",
    scope="project",
    profile="strict",
    statements=("query.eager",),
    cases=(
        Bad(
            _MODELS.format(arguments='back_populates="author"', mark="  # !"),
            fixed=_MODELS.format(arguments='back_populates="author", lazy="raise"', mark=""),
        ),
        Bad(
            _MODELS.format(arguments="", mark="  # !"),
            fixed=_MODELS.format(arguments='lazy="raise"', mark=""),
        ),
        Good(_MODELS.format(arguments='back_populates="author", lazy="raise"', mark="")),
        Good(_MODELS.format(arguments='lazy="selectin"', mark="")),
        Good(
            _MODELS.format(arguments='back_populates="author"', mark="")
            .replace("async_sessionmaker(expire_on_commit=False)", "sessionmaker()")
            .replace("from sqlalchemy.ext.asyncio import async_sessionmaker\n", "")
            .replace("relationship\n\nSession", "relationship, sessionmaker\n\nSession")
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import async_sessionmaker
            from sqlalchemy.orm import DeclarativeBase, relationship

            SessionLocal = async_sessionmaker(expire_on_commit=False)


            class Base(DeclarativeBase):
                pass


            def link(name: str) -> None:
                setattr(Base, name, relationship("Post"))
            """,
            why="relationships that are not class attributes are not seen",
        ),
    ),
    evidence=("letta-ai/letta 8482", "mozilla-ai/clawbolt PR 1213"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    if not project.uses_async_sessions:
        return
    for model in project.models.values():
        for relationship in model.relationships if project.layers[model.place.path] not in ASIDE else ():
            if not relationship.lazy:
                place = relationship.place
                yield Problem(
                    line_span(view.source(place.path), place.line),
                    f"`{model.name}.{relationship.name}` loads on access, which raises MissingGreenlet in async code.",
                    path=place.path,
                    fix=_fix(view, relationship),
                )


def _fix(view: ProjectView, relationship: Relationship) -> Fix | None:
    place = relationship.place
    source = view.source(place.path)
    for call in open_context(source).tree.calls("relationship") if source is not None else ():
        if source is not None and call.lineno == place.line:
            edit = source.add_argument(call, 'lazy="raise"')
            return Fix((edit,), safe=False, reason="Whatever reads the relationship has to load it in its query.")
    return None
