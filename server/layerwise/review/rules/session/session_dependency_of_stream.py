"""A stream keeps the session of the request open until it ends.

## Why is this bad?
FastAPI closes dependencies after the response has been sent: a stream of minutes holds its database connection for
minutes, also when it reads nothing any more, and a few dozen clients empty the pool.

## Example
```python
@router.get("/messages/{message_id}/events")
async def events(message_id: int, repo: MessageRepo = Depends(get_message_repo)) -> EventSourceResponse:
    message = await repo.get(message_id)
    return EventSourceResponse(listen(message.queue))
```

## Use instead
```python
@router.get("/messages/{message_id}/events")
async def events(message_id: int) -> EventSourceResponse:
    async with open_message_repo() as repo:
        message = await repo.get(message_id)
    return EventSourceResponse(listen(message.queue))
```

## When to ignore
When streams are short, or the dependency has `scope="function"`.
"""

from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Symbol
from layerwise.review.places import line_span, short_name, step_to
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_DB = """
from collections.abc import AsyncIterator

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = async_sessionmaker(expire_on_commit=False)


class MessageRepo:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session


async def get_session() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session


def get_message_repo(session: AsyncSession = Depends(get_session)) -> MessageRepo:
    return MessageRepo(session)
"""

RULE = Rule(
    __name__,
    __doc__,
    code="SES021",
    severity="warning",
    profile="strict",
    scope="project",
    statements=("session.injected", "di.get-db"),
    cases=(
        Bad(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import MessageRepo, get_message_repo
                from fastapi import APIRouter, Depends
                from sse_starlette.sse import EventSourceResponse

                router = APIRouter()


                @router.get("/messages/{message_id}/events")
                async def events(  # !
                    message_id: int, repo: MessageRepo = Depends(get_message_repo)
                ) -> EventSourceResponse:
                    message = await repo.get(message_id)
                    return EventSourceResponse(listen(message.queue))
                """,
            }
        ),
        Bad(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_session
                from fastapi import APIRouter, Depends
                from fastapi.responses import StreamingResponse
                from sqlalchemy.ext.asyncio import AsyncSession

                router = APIRouter()


                @router.get("/export", response_class=StreamingResponse)
                async def export(session: AsyncSession = Depends(get_session)) -> StreamingResponse:  # !
                    rows = await load(session)
                    return StreamingResponse(render(rows))
                """,
            }
        ),
        Good(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import MessageRepo, get_message_repo
                from fastapi import APIRouter, Depends

                router = APIRouter()


                @router.get("/messages/{message_id}")
                async def read(message_id: int, repo: MessageRepo = Depends(get_message_repo)) -> MessageResponse:
                    return await repo.get(message_id)
                """,
            }
        ),
        Good(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from fastapi import APIRouter
                from sse_starlette.sse import EventSourceResponse

                router = APIRouter()


                @router.get("/messages/{message_id}/events")
                async def events(message_id: int) -> EventSourceResponse:
                    return EventSourceResponse(listen(message_id))
                """,
            }
        ),
        Good(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import get_session
                from fastapi import APIRouter, Depends
                from fastapi.responses import StreamingResponse
                from sqlalchemy.ext.asyncio import AsyncSession

                router = APIRouter()


                @router.get("/export", response_class=StreamingResponse)
                async def export(
                    session: AsyncSession = Depends(get_session, scope="function"),
                ) -> StreamingResponse:
                    rows = await load(session)
                    return StreamingResponse(render(rows))
                """,
            }
        ),
        Miss(
            {
                "app/db.py": _DB,
                "app/api.py": """
                from app.db import MessageRepo, get_message_repo
                from fastapi import APIRouter, Depends

                router = APIRouter()


                @router.get("/messages")
                async def events(repo: MessageRepo = Depends(get_message_repo)) -> Response:
                    return make_stream(await repo.first())
                """,
            },
            why="nothing in the route says that it streams",
        ),
    ),
    evidence=("LAION-AI/Open-Assistant f391f02f2f",),
)
_STREAMS = ("StreamingResponse", "EventSourceResponse")


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    opened = {each.symbol for each in project.sessions.dependencies if each.is_generator}
    for route in project.api.routes if opened else ():
        module, function = project.module_of(route.function), project.function(route.function)
        body = module.bodies.get(function.qualname) if module and function else None
        if module is None or function is None or body is None or project.layers[module.path] in ASIDE:
            continue
        if function.returns not in _STREAMS and not any(call.name in _STREAMS for call in body.calls):
            continue
        held = _session_below(project, route.function, opened, 4)
        if held:
            yield Problem(
                line_span(view.source(module.path), function.line),
                f"`{function.name}` streams, and `{short_name(held)}` keeps its session open until the stream ends.",
                path=module.path,
                trace=step_to(project, held, f"`{short_name(held)}` opens the session"),
            )


def _session_below(project: Project, symbol: Symbol, opened: set[Symbol], depth: int) -> Symbol:
    """The session dependency that a function's parameters lead to; empty when there is none."""
    module, function = project.module_of(symbol), project.function(symbol)
    if module is None or function is None or depth == 0:
        return ""
    for parameter in function.parameters:
        found = project.types.annotations.injection(module, parameter)
        if found is None or found.scope == "function":
            continue
        if found.factory in opened:
            return found.factory
        if below := _session_below(project, found.factory, opened, depth - 1):
            return below
    return ""
