"""Duplicates are checked in code only: no unique constraint backs the check.

## Why is this bad?
Two requests can both pass the check before either inserts, and nothing in the database refuses the second row.

## Example
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255))


async def register(session: AsyncSession, email: str) -> None:
    if await session.scalar(select(User).where(User.email == email)):
        raise ConflictError("email is taken")
    session.add(User(email=email))
```

## Use instead
```python
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)


async def register(session: AsyncSession, email: str) -> None:
    try:
        async with session.begin_nested():
            session.add(User(email=email))
    except IntegrityError as error:
        raise ConflictError("email is taken") from error
```

## When to ignore
When a migration adds a unique index that the model does not show.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.models import Column, Model
from layerwise.project.module import JOINT
from layerwise.review.finding import Step
from layerwise.review.insertions import (
    ConflictCheck,
    GuardedInsertion,
    find_conflict_checks,
    find_guarded_insertions,
)
from layerwise.review.places import line_span
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Tag(Base):
    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("owner", "slug"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int]
    slug: Mapped[str]
    title: Mapped[str]{mark}
"""
_STORE = """
from app.models import Tag
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

"""

RULE = Rule(
    __name__,
    __doc__,
    code="MOD012",
    severity="warning",
    scope="project",
    statements=("service.rules", "layer.models"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS.format(mark="  # !"),
                "app/store.py": _STORE
                + """
async def add_tag(session: AsyncSession, title: str) -> None:
    known = (await session.execute(select(Tag).where(Tag.title == title))).scalars().first()
    if known:
        raise ConflictError(title)
    session.add(Tag(title=title))
""",
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS.format(mark="  # !"),
                "app/store.py": _STORE
                + """
async def get_or_create(session: AsyncSession, title: str) -> Tag:
    tag = await session.scalar(select(Tag).filter_by(title=title))
    if tag is None:
        tag = Tag(title=title)
        session.add(tag)
        await session.flush()
    return tag
""",
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS.format(mark="  # !"),
                "app/store.py": _STORE
                + """
class Tags:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def by_title(self, title: str) -> Tag | None:
        return (await self.session.execute(select(Tag).where(Tag.title == title))).scalar_one_or_none()


async def ensure_free(tags: Tags, title: str) -> None:
    other = await tags.by_title(title)
    if other is not None:
        raise ConflictError(title)
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS.format(mark=""),
                "app/store.py": _STORE
                + """
async def add_tag(session: AsyncSession, owner: int, slug: str) -> None:
    known = await session.scalar(select(Tag).where(Tag.owner == owner, Tag.slug == slug))
    if known:
        raise ConflictError(slug)
    try:
        async with session.begin_nested():
            session.add(Tag(owner=owner, slug=slug))
    except IntegrityError as error:
        raise ConflictError(slug) from error
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS.format(mark=""),
                "app/store.py": _STORE
                + """
async def rename(session: AsyncSession, title: str, new: str) -> None:
    tag = await session.scalar(select(Tag).where(Tag.title == title))
    if tag is None:
        raise NotFoundError(title)
    tag.title = new
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS.format(mark=""),
                "alembic/versions/1.py": """
                from alembic import op

                revision = "1"
                down_revision = None


                def upgrade() -> None:
                    op.create_index("uq_tags_title", "tags", ["title"], unique=True)


                def downgrade() -> None:
                    op.drop_index("uq_tags_title")
                """,
                "app/store.py": _STORE
                + """
async def add_tag(session: AsyncSession, title: str) -> None:
    known = await session.scalar(select(Tag).where(Tag.title == title))
    if not known:
        session.add(Tag(title=title))
""",
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS.format(mark=""),
                "app/store.py": _STORE
                + """
async def add_tag(session: AsyncSession, title: str) -> None:
    if await count_tags(session, title) == 0:
        session.add(Tag(title=title))
""",
            },
            why="only look-ups that give the row itself are followed",
        ),
    ),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    reported: set[tuple[str, frozenset[str]]] = set()
    looked_up: list[GuardedInsertion | ConflictCheck] = [
        *find_guarded_insertions(project),
        *find_conflict_checks(project),
    ]
    for found in looked_up:
        columns = [column for column in found.model.columns if column.name in found.columns]
        key = (found.model.symbol, found.columns)
        if not columns or found.model.is_unique(found.columns) or key in reported:
            continue
        if any(found.columns < unique for unique in found.model.unique):
            continue
        if not _is_unique_in_migrations(project, found.model, found.columns):
            reported.add(key)
            yield _report(view, found, columns)


def _report(view: ProjectView, found: GuardedInsertion | ConflictCheck, columns: list[Column]) -> Problem:
    names = ", ".join(f"`{column.name}`" for column in columns)
    place, path, function = columns[-1].place, found.symbol.partition(JOINT)[0], found.symbol.rpartition(JOINT)[2]
    if isinstance(found, ConflictCheck):
        end, then = Step(path, found.refusal.lineno, "a second one is refused"), "refuses a second one"
    else:
        end, then = Step(path, found.insertion.lineno, f"`{found.model.name}` is inserted"), "inserts"
    return Problem(
        line_span(view.source(place.path), place.line),
        f"`{function}` looks `{found.model.name}` up by {names} before it {then}; no unique constraint backs it.",
        path=place.path,
        trace=(Step(path, found.lookup_line, f"looked up by {names}"), end),
    )


def _is_unique_in_migrations(project: Project, model: Model, columns: frozenset[str]) -> bool:
    """Whether a revision speaks of something unique over one of the columns of the table."""
    for path, module in project.modules.items():
        if project.layers[path] != "migration" or module.text is None or model.table not in module.text:
            continue
        for line in module.text.splitlines():
            if "unique" in line.lower() and any(f'"{name}"' in line or f"'{name}'" in line for name in columns):
                return True
    return False
