"""A background task is given the session of the request.

## Why is this bad?
The task runs after the response, when the dependency has closed the session, or while it still holds a connection
that nobody counts.

## Example
```python
@router.post("/users")
async def create_user(data: UserCreate, tasks: BackgroundTasks, db: AsyncSession = Depends(get_db)) -> UserResponse:
    user = await UserService(db).create(data)
    tasks.add_task(send_welcome, db, user.id)
    return user
```

## Use instead
```python
@router.post("/users")
async def create_user(data: UserCreate, tasks: BackgroundTasks, db: AsyncSession = Depends(get_db)) -> UserResponse:
    user = await UserService(db).create(data)
    tasks.add_task(send_welcome, user.id)
    return user
```

## When to ignore
Never for a session that a dependency closes.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SES003",
    severity="error",
    statements=("session.injected", "di.get-db"),
    cases=(
        Bad(
            """
            from fastapi import BackgroundTasks
            from sqlalchemy.ext.asyncio import AsyncSession


            async def register(data: UserCreate, background_tasks: BackgroundTasks, db: AsyncSession) -> None:
                background_tasks.add_task(send_welcome, db, data.email)  # !
            """
        ),
        Bad(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession

            running = set()


            async def register(session: AsyncSession) -> None:
                task = asyncio.create_task(write_log(session=session))  # !
                running.add(task)
            """
        ),
        Good(
            """
            from fastapi import BackgroundTasks
            from sqlalchemy.ext.asyncio import AsyncSession


            async def register(data: UserCreate, background_tasks: BackgroundTasks, db: AsyncSession) -> None:
                background_tasks.add_task(send_welcome, data.email)
            """
        ),
        Good(
            """
            import asyncio


            async def main() -> None:
                async with SessionLocal() as session:
                    task = asyncio.create_task(fill(session))
                    await task
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def plan(queue: Queue, session: AsyncSession) -> None:
                await queue.add_task(session)
            """
        ),
        FalseAlarm(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def register(session: AsyncSession) -> None:
                task = asyncio.create_task(write_log(session))  # !
                await finish()
                await asyncio.wait({task})
            """,
            why="the task is awaited in a way that is not followed",
        ),
        Miss(
            """
            from fastapi import BackgroundTasks


            async def register(background_tasks: BackgroundTasks, service: UserService) -> None:
                background_tasks.add_task(service.send_welcome)
            """,
            why="the session is inside the service",
        ),
    ),
    evidence=("fastapi-practices/fastapi_best_architecture 3f2c3e44ba",),
)


@RULE.on_call("add_task")
def check_background_tasks(context: Context, call: ast.Call) -> Iterator[Problem]:
    receiver = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    function = context.tree.runner(call)
    if function is None or not any(
        argument.arg == receiver and context.names.is_any(argument.annotation, "fastapi.BackgroundTasks")
        for argument in parameters(function)
    ):
        return
    for argument in (*call.args, *(word.value for word in call.keywords)):
        if name := _request_session(context, argument):
            yield Problem(
                call,
                f"The background task is given the request's `{name}`: closed by then up to FastAPI 0.117, "
                "kept open with its connection and uncommitted from 0.118 on; open one in the task.",
            )


@RULE.on_call("create_task", "ensure_future")
def check_tasks(context: Context, call: ast.Call) -> Iterator[Problem]:
    function = context.tree.runner(call)
    if function is None or not call.args or not isinstance(call.args[0], ast.Call):
        return
    if context.names.callee(call) not in ("asyncio.create_task", "asyncio.ensure_future"):
        return
    if _is_awaited(context, call):
        return
    started = call.args[0]
    for argument in (*started.args, *(word.value for word in started.keywords)):
        if name := _request_session(context, argument):
            yield Problem(call, f"The task is given `{name}`, which is closed while it runs.")


def _request_session(context: Context, argument: ast.expr) -> str:
    """The name of a session that the enclosing function was given, not one that it opened."""
    name = dotted(argument)
    function = context.tree.runner(argument)
    if not name or function is None or name in context.sessions.opened_in(function):
        return ""
    return name if context.sessions.kind(name, argument) else ""


def _is_awaited(context: Context, call: ast.Call) -> bool:
    """Whether the task's variable is awaited or handed to `gather` in the same function."""
    statement, function = context.tree.statement(call), context.tree.runner(call)
    if not isinstance(statement, ast.Assign) or function is None:
        return not isinstance(statement, ast.Expr)
    names = {dotted(target) for target in statement.targets}
    return any(
        isinstance(node, ast.Await)
        and any(dotted(each) in names for each in ast.walk(node))
        and not isinstance(node.value, ast.Call | ast.Set)
        for node in context.tree.body(function)
    ) or any(dotted(argument) in names for gather in context.tree.calls("gather") for argument in gather.args)
