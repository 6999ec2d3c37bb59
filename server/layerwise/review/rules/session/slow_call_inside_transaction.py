"""A session waits, connection in hand, for something slow outside the database.

## Why is this bad?
Between its first query and its commit a session holds a connection of the pool; while it waits for a model or another
service, nobody else can use it, and a few slow answers stop the whole application.

## Example
```python
async def rename(session: AsyncSession, chat_id: int, llm: LLM) -> None:
    history = await load_history(session, chat_id)
    title = await llm.complete(history)
    await save_title(session, chat_id, title)
```

## Use instead
```python
async def rename(chat_id: int, llm: LLM) -> None:
    async with SessionLocal() as session:
        history = await load_history(session, chat_id)
    title = await llm.complete(history)
    async with SessionLocal.begin() as session:
        await save_title(session, chat_id, title)
```

## When to ignore
When the call is quick, or the load is low.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import Function, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="SES014",
    severity="warning",
    confidence="medium",
    profile="strict",
    statements=("session.injected", "session.commit"),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def rename(session: AsyncSession, chat_id: int, llm: LLM) -> None:
                history = await load_history(session, chat_id)
                title = await llm.complete(history)  # !
                await save_title(session, chat_id, title)
            """
        ),
        Bad(
            """
            import asyncio

            from app.db import SessionLocal


            async def retry(order_id: int) -> None:
                async with SessionLocal() as session:
                    order = await session.get(Order, order_id)
                    await asyncio.sleep(30)  # !
                    order.state = "late"
                    await session.commit()
            """
        ),
        Bad(
            """
            import asyncio

            from app.db import SessionLocal


            def run_worker(name: str) -> None:
                session = SessionLocal()
                instance = load_instance(session, name)
                asyncio.run(serve(instance.configuration))  # !
            """
        ),
        Bad(
            """
            import asyncio

            from sqlalchemy.ext.asyncio import AsyncSession


            async def join_run(session: AsyncSession, run_id: str) -> str:
                run = await session.get_one(Run, run_id)
                await asyncio.wait_for(active_runs[run_id], timeout=30)  # !
                await session.refresh(run)
                return run.output
            """
        ),
        Good(
            """
            from app.db import SessionLocal


            async def rename(chat_id: int, llm: LLM) -> None:
                async with SessionLocal() as session:
                    history = await load_history(session, chat_id)
                title = await llm.complete(history)
                async with SessionLocal.begin() as session:
                    await save_title(session, chat_id, title)
            """
        ),
        Good(
            """
            from app.db import SessionLocal


            async def notify(order_id: int, llm: LLM) -> str:
                text = await llm.complete(order_id)
                async with SessionLocal() as session:
                    await save_text(session, text)
                return text
            """
        ),
        Good(
            """
            import asyncio

            from app.db import SessionLocal


            def run_worker(name: str) -> None:
                session = SessionLocal()
                instance = load_instance(session, name)
                session.close()
                asyncio.run(serve(instance.configuration))
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def rename(session: AsyncSession, chat_id: int, llm: LLM) -> None:
                await note_down(session, chat_id)
                name = await llm.name()  # !
                await save_title(session, chat_id, name)
            """,
            why="whether a call on a model asks a service is not known",
        ),
    ),
    evidence=("onyx-dot-app/onyx 1366716845", "Netflix/dispatch 18c88a6f97", "letta-ai/letta e20ec29cb"),
)
_SERVICES = re.compile(
    r"(^|[._])(llm|llms|openai|anthropic|litellm|gemini|completions?|embeddings?|embedder|smtp|mailer|"
    r"http_client|httpx|aiohttp|requests|stripe|boto3|s3_client|webhook_client)([._]|$)",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"^(llm|llm_client|openai_client|http_client|llm_model|chat_model)$")
_SLOW = frozenset({"asyncio.sleep", "asyncio.wait", "asyncio.wait_for", "time.sleep", "asyncio.run", "uvicorn.run"})
_ENDING = frozenset({"close", "aclose", "commit", "rollback", "remove"})


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    if context.file_layer == "test":
        return
    for name in _sessions(context, node):
        uses = [each for each in context.tree.body_of(node, ast.Name) if each.id == name]
        read = [each for each in uses if isinstance(each.ctx, ast.Load)]
        for call in context.tree.body_of(node, ast.Call):
            if not _is_slow(context, call) or any(each.id == name for each in _names(call)):
                continue
            before = [each for each in read if each.lineno < call.lineno]
            later = [each for each in read if each.lineno > (call.end_lineno or 0)]
            runs = context.names.callee(call).endswith(".run")
            if before and (later or runs) and _is_open_at(context, call, name, before):
                yield Problem(call, f"`{name}` holds a connection while `{context.text(call.func)}` runs.")
                return


def _sessions(context: Context, node: Function) -> list[str]:
    """The sessions that a function is given or opens."""
    given = [argument.arg for argument in parameters(node) if context.sessions.kind_of_annotation(argument.annotation)]
    opened = context.sessions.opened_in(node)
    return [*given, *sorted(name for name in opened if context.sessions.is_session(name, node.body[-1]))]


def _names(call: ast.Call) -> Iterator[ast.Name]:
    return (each for each in ast.walk(call) if isinstance(each, ast.Name))


def _is_slow(context: Context, call: ast.Call) -> bool:
    """Whether a call waits for something outside: by its name, or because it is handed a client of it."""
    name = context.names.callee(call)
    if name in _SLOW:
        return True
    words = (*call.args, *(word.value for word in call.keywords))
    if any(_GIVEN.match(dotted(word).rpartition(".")[2]) for word in words):
        return not dotted(call.func).rpartition(".")[2].startswith(("get_", "build_", "make_", "check_"))
    receiver, _, method = dotted(call.func).rpartition(".")
    return bool(_SERVICES.search(receiver)) and not method.startswith(("get_", "build_", "_"))


def _is_open_at(context: Context, call: ast.Call, name: str, before: list[ast.Name]) -> bool:
    """Whether the session is still in a transaction: not ended since its last use, and its block not left."""
    last = before[-1]
    method = context.tree.parent(last)
    if isinstance(method, ast.Attribute) and method.attr in _ENDING:
        return False
    blocks = [
        around
        for around in context.tree.ancestors(last)
        if isinstance(around, ast.With | ast.AsyncWith)
        and any(dotted(item.optional_vars) == name for item in around.items if item.optional_vars is not None)
    ]
    return not blocks or blocks[0] in list(context.tree.ancestors(call))
