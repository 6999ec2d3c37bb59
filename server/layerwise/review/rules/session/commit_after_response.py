"""The session dependency commits when the response has already been sent.

## Why is this bad?
Since FastAPI 0.118 what follows the `yield` of a dependency runs after the response: when the commit fails, the client
has already read 200, and a client that reads at once may not see its own write.

## Example
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session
        await session.commit()


SessionDep = Annotated[AsyncSession, Depends(get_db)]
```

## Use instead
```python
async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session
        await session.commit()


SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]
```

## Fix safety
The fix gives every `Depends` of the dependency the scope "function" (FastAPI 0.121 and later), so that the commit comes
before the response. It is unsafe: a streaming response can no longer use the session, and a dependency with a `yield`
that depends on this one needs the scope as well.

## When to ignore
When every write is also committed explicitly before the handler returns.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.module import Symbol
from layerwise.project.sessions import SessionDependency
from layerwise.review.finding import Edit, Fix, Step
from layerwise.review.places import line_span, open_context, short_name
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.tree import dotted

_COMMITTING = """
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = async_sessionmaker(expire_on_commit=False)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        try:
            yield session
            await session.commit(){mark}
        except BaseException:
            await session.rollback()
            raise
"""
_LATE, _IN_TIME = (0, 118), (0, 121)

RULE = Rule(
    __name__,
    __doc__,
    code="SES001",
    severity="error",
    scope="project",
    statements=("session.commit", "di.get-db"),
    versions={"fastapi": ">=0.118"},
    cases=(
        Bad(
            {
                "app/db.py": _COMMITTING.format(mark="  # !"),
                "app/api.py": """
                from typing import Annotated

                from app.db import get_db
                from fastapi import Depends
                from sqlalchemy.ext.asyncio import AsyncSession

                SessionDep = Annotated[AsyncSession, Depends(get_db)]
                """,
            },
            fixed={
                "app/api.py": """
                from typing import Annotated

                from app.db import get_db
                from fastapi import Depends
                from sqlalchemy.ext.asyncio import AsyncSession

                SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]
                """
            },
        ),
        Bad(
            """
            from collections.abc import AsyncIterator

            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

            router = APIRouter()
            SessionLocal = async_sessionmaker(expire_on_commit=False)


            async def get_db() -> AsyncIterator[AsyncSession]:
                async with SessionLocal() as session, session.begin():  # !
                    yield session


            @router.post("/users")
            async def create_user(data: UserIn, session: AsyncSession = Depends(get_db)) -> UserOut:
                return await UserService(session).create(data)
            """,
            fixed="""
            from collections.abc import AsyncIterator

            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

            router = APIRouter()
            SessionLocal = async_sessionmaker(expire_on_commit=False)


            async def get_db() -> AsyncIterator[AsyncSession]:
                async with SessionLocal() as session, session.begin():
                    yield session


            @router.post("/users")
            async def create_user(data: UserIn, session: AsyncSession = Depends(get_db, scope="function")) -> UserOut:
                return await UserService(session).create(data)
            """,
        ),
        Good(
            {
                "app/db.py": _COMMITTING.format(mark=""),
                "app/api.py": """
                from typing import Annotated

                from app.db import get_db
                from fastapi import Depends
                from sqlalchemy.ext.asyncio import AsyncSession

                SessionDep = Annotated[AsyncSession, Depends(get_db, scope="function")]
                """,
            }
        ),
        Good(
            """
            from collections.abc import AsyncIterator
            from typing import Annotated

            from fastapi import Depends
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

            SessionLocal = async_sessionmaker(expire_on_commit=False)


            async def get_db() -> AsyncIterator[AsyncSession]:
                async with SessionLocal() as session:
                    yield session


            SessionDep = Annotated[AsyncSession, Depends(get_db)]
            """
        ),
        Good(_COMMITTING.format(mark=""), path="app/db.py"),
        Miss(
            """
            from collections.abc import AsyncIterator
            from typing import Annotated

            from fastapi import Depends
            from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

            SessionLocal = async_sessionmaker(expire_on_commit=False)


            async def finish(session: AsyncSession) -> None:
                await session.commit()


            async def get_db() -> AsyncIterator[AsyncSession]:
                async with SessionLocal() as session:
                    yield session
                    await finish(session)


            SessionDep = Annotated[AsyncSession, Depends(get_db)]
            """,
            why="a commit inside a helper is not followed",
        ),
    ),
    evidence=("vstorm-co/agenticos PR 428",),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    version = project.versions.get("fastapi")
    if version is not None and version.exact and version.parts < _LATE:
        return
    for dependency in project.sessions.dependencies:
        sites = [each for each in project.sessions.injections if each.factory == dependency.symbol and not each.scope]
        if not dependency.commits or not sites:
            continue
        place = dependency.place
        how = "ends its `begin()` block" if dependency.commits == "around" else "commits"
        asked = "once" if len(sites) == 1 else f"in {len(sites)} places"
        yield Problem(
            line_span(view.source(place.path), dependency.commit_line),
            f"`{short_name(dependency.symbol)}` {how} after the response has been sent: "
            f'it is asked for {asked} without `scope="function"`.',
            path=place.path,
            confidence="high" if version is not None else "medium",
            trace=tuple(Step(site.place.path, site.place.line, site.alias or "parameter") for site in sites[:5]),
            fix=_fix(view, dependency, {site.place.path for site in sites}),
        )


def _fix(view: ProjectView, dependency: SessionDependency, paths: set[str]) -> Fix | None:
    project: Project = view.project
    version = project.versions.get("fastapi")
    if version is not None and version.parts < _IN_TIME:
        return None
    edits = [edit for path in sorted(paths) for edit in _scope_edits(view, path, dependency.symbol)]
    reason = "The commit moves before the response, so a streaming response cannot use the session any more."
    return Fix(tuple(edits), safe=False, reason=reason) if edits else None


def _scope_edits(view: ProjectView, path: str, factory: Symbol) -> Iterator[Edit]:
    source = view.source(path)
    for call in open_context(source).tree.calls("Depends") if source else ():
        plain = len(call.args) == 1 and not call.keywords
        if source and plain and view.project.resolve(path, dotted(call.args[0])) == factory:
            yield source.add_argument(call, 'scope="function"')
