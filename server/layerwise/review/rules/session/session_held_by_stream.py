"""A streamed response uses the session of the request.

## Why is this bad?
The stream outlives the endpoint: its session is closed, or a connection stays taken as long as a client listens.

## Example
```python
@router.get("/events")
async def events(session: AsyncSession = Depends(get_db)) -> StreamingResponse:
    return StreamingResponse(stream_events(session))
```

## Use instead
```python
@router.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(stream_events(SessionLocal))
```

## When to ignore
For short streams of data that are loaded before.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.routes import Route
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SES018",
    severity="warning",
    statements=("session.injected", "di.get-db"),
    requires=("fastapi",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter, Depends
            from fastapi.responses import StreamingResponse
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/events")
            async def events(session: AsyncSession = Depends(get_db)) -> StreamingResponse:
                return StreamingResponse(stream_events(session))  # !
            """
        ),
        Bad(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession
            from sse_starlette.sse import EventSourceResponse

            router = APIRouter()


            @router.get("/events")
            async def events(db: AsyncSession = Depends(get_db)) -> EventSourceResponse:
                async def stream():
                    while True:
                        yield await latest(db)

                return EventSourceResponse(stream())  # !
            """
        ),
        Good(
            """
            from fastapi import APIRouter
            from fastapi.responses import StreamingResponse

            router = APIRouter()


            @router.get("/events")
            async def events() -> StreamingResponse:
                return StreamingResponse(stream_events(SessionLocal))
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from fastapi.responses import StreamingResponse
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/export")
            async def export(session: AsyncSession = Depends(get_db)) -> StreamingResponse:
                rows = await ExportService(session).rows()
                return StreamingResponse(render(rows))
            """
        ),
        Good(
            """
            from fastapi import APIRouter, Depends
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/users")
            async def users(session: AsyncSession = Depends(get_db)) -> list[UserResponse]:
                return await UserService(session).get_all()
            """
        ),
        FalseAlarm(
            """
            from fastapi import APIRouter, Depends
            from fastapi.responses import StreamingResponse
            from sqlalchemy.ext.asyncio import AsyncSession

            router = APIRouter()


            @router.get("/export")
            async def export(session: AsyncSession = Depends(get_db)) -> StreamingResponse:
                return StreamingResponse(await export_file(session))  # !
            """,
            why="the session may be used up before the stream begins",
        ),
        Miss(
            """
            from fastapi import APIRouter
            from fastapi.responses import StreamingResponse

            router = APIRouter()


            @router.get("/events")
            async def events(service: EventServiceDep) -> StreamingResponse:
                return StreamingResponse(service.stream())
            """,
            why="the session is inside the service",
        ),
    ),
    evidence=("LAION-AI/Open-Assistant f391f02f2f",),
)
_STREAMS = ("StreamingResponse", "EventSourceResponse")


@RULE.on_route
def check(context: Context, route: Route) -> Iterator[Problem]:
    sessions = {
        argument.arg
        for argument in parameters(route.function)
        if context.sessions.kind_of_annotation(argument.annotation) is not None
    }
    if not sessions:
        return
    nested = {node.name: node for node in context.tree.functions if context.tree.function(node) is route.function}
    for call in context.tree.calls(*_STREAMS):
        if context.tree.runner(call) is not route.function or not call.args:
            continue
        used = [*context.tree.within(call.args[0])]
        for node in list(used):
            if isinstance(node, ast.Call) and callee_name(node) in nested:
                used += context.tree.within(nested[callee_name(node)])
        held = next((node.id for node in used if isinstance(node, ast.Name) and node.id in sessions), None)
        if held is not None:
            yield Problem(
                call, f"The stream of {route.label} holds `{held}`, the session of the request, until it ends."
            )
