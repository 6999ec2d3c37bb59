"""An async function is injected a session whose type nothing says, and the session is sync.

## Why is this bad?
Each query of a sync session waits for the database on the event loop, and meanwhile no other request is served.

## Example
```python
@router.get("/token")
async def token(request: Request, db=Depends(get_db)) -> Token:
    name = await authenticate(request)
    return create_token(db, name)
```

## Use instead
```python
@router.get("/token")
async def token(request: Request, db=Depends(get_db)) -> Token:
    name = await authenticate(request)
    return await run_in_threadpool(create_token, db, name)
```

## When to ignore
When what is done with the session never waits for the database.
"""

from collections.abc import Iterator

from layerwise.project.facts import Function
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Module, Symbol
from layerwise.review.places import line_span
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, ProjectView, Rule

_DB = """
from collections.abc import Iterator

from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker()


def get_db() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session
"""
_ASYNC_DB = """
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = async_sessionmaker(expire_on_commit=False)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session
"""

RULE = Rule(
    __name__,
    __doc__,
    code="AIO018",
    severity="error",
    scope="project",
    statements=("dont.mix-sync", "do.async", "do.type-hints"),
    cases=(
        Bad(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_db
                from fastapi import Depends, Request


                async def token(request: Request, db=Depends(get_db)) -> Token:  # !
                    name = await authenticate(request)
                    return create_token(db, name)
                """,
            }
        ),
        Bad(
            {
                "app/db.py": _DB.replace(" -> Iterator[Session]", ""),
                "app/api.py": """
                from app.db import get_db
                from fastapi import APIRouter, Depends


                def build_router() -> APIRouter:
                    router = APIRouter()

                    @router.get("/users")
                    async def users(db=Depends(get_db)) -> list[UserResponse]:  # !
                        return list_users(db)

                    return router
                """,
            }
        ),
        Good(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_db
                from fastapi import Depends, Request


                def token(request: Request, db=Depends(get_db)) -> Token:
                    return create_token(db, request)
                """,
            }
        ),
        Good(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_db
                from fastapi import Depends, Request
                from fastapi.concurrency import run_in_threadpool


                async def token(request: Request, db=Depends(get_db)) -> Token:
                    return await run_in_threadpool(create_token, db, request)
                """,
            }
        ),
        Good(
            {
                "app/db.py": _ASYNC_DB,
                "app/api.py": """
                from app.db import get_db
                from fastapi import Depends, Request


                async def token(request: Request, db=Depends(get_db)) -> Token:
                    return await create_token(db, request)
                """,
            }
        ),
        FalseAlarm(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_db
                from fastapi import Depends, Request


                async def token(request: Request, db=Depends(get_db)) -> Token:  # !
                    return Token(remember(db, request))
                """,
            },
            why="whether `remember` waits for the database is not known",
        ),
    ),
    evidence=("bluesky/tiled 5080601cbb",),
)
_THREADS = ("run_in_threadpool", "to_thread", "run_in_executor", "run_sync")


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    sync = {each.symbol for each in project.sessions.dependencies if each.kind == "sync"}
    for _, module, function in project.calls.functions():
        if not function.is_async or project.layers[module.path] in ASIDE:
            continue
        name = _untyped_session(project, module, function, sync)
        body = module.bodies.get(function.qualname)
        if name and body and not any(call.name in _THREADS for call in body.calls):
            yield Problem(
                line_span(view.source(module.path), function.line),
                f"`async def {function.name}` is injected the sync session `{name}`: its queries block the event loop.",
                path=module.path,
            )


def _untyped_session(project: Project, module: Module, function: Function, sync: set[Symbol]) -> str:
    """A parameter without annotation that a dependency fills with a sync session; empty when there is none."""
    for parameter in function.parameters:
        if parameter.annotation or "Depends" not in parameter.default:
            continue
        injection = project.types.annotations.injection(module, parameter)
        if injection is not None and injection.factory in sync:
            return parameter.name
    return ""
