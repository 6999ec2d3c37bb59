"""An async function calls a helper that blocks further down.

## Why is this bad?
The event loop stops for as long as the helper waits, and with it every other request; that the call is hidden in a
plain function some levels down changes nothing.

## Example
```python
def load_rates() -> dict[str, float]:
    return requests.get(RATES_URL, timeout=5).json()


async def convert(amount: float) -> float:
    return amount * load_rates()["EUR"]
```

## Use instead
```python
async def convert(amount: float) -> float:
    return amount * (await asyncio.to_thread(load_rates))["EUR"]
```

## Fix safety
The fix runs the helper in a thread. It is unsafe: the arguments must be usable from another thread, which a database
session is not, so helpers that use one get no fix.

## When to ignore
When the helper runs once at start-up, before requests are served.
"""

from collections.abc import Iterator, Mapping

from layerwise.project.annotations import session_kind
from layerwise.project.calls import ResolvedCall
from layerwise.project.facts import Call, Function
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Module, Symbol
from layerwise.review.finding import Edit, Fix, Step
from layerwise.review.places import open_context, short_name, span_of
from layerwise.review.reaching import Reach, find_reaching, trace_reach
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, ProjectView, Rule
from layerwise.review.rules.async_.blocking_call_in_async import BLOCKING

_QUERIES = ("execute", "scalar", "scalars", "get", "get_one", "commit", "flush", "refresh", "query", "exec")
_SESSIONS = ("sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlmodel.Session")
SESSION_CALLS = frozenset(f"{session}.{method}" for session in _SESSIONS for method in _QUERIES)
SLOW_CALLS = BLOCKING | {
    "hashlib.pbkdf2_hmac",
    "hashlib.scrypt",
    "bcrypt.hashpw",
    "bcrypt.checkpw",
    *(f"requests.Session.{method}" for method in ("get", "post", "put", "patch", "delete", "request")),
    *(f"httpx.Client.{method}" for method in ("get", "post", "put", "patch", "delete", "request", "stream")),
    *(f"passlib.context.CryptContext.{method}" for method in ("hash", "verify")),
    *(f"argon2.PasswordHasher.{method}" for method in ("hash", "verify")),
    *(f"pwdlib.PasswordHash.{method}" for method in ("hash", "verify", "verify_and_update")),
}
# What a project imports that can block at all.
_PACKAGES = frozenset(target.partition(".")[0] for target in SLOW_CALLS | SESSION_CALLS)
_START_UP = ("lifespan", "startup", "on_startup", "main", "create_app")

RULE = Rule(
    __name__,
    __doc__,
    code="AIO002",
    severity="error",
    scope="project",
    statements=("do.async", "dont.mix-sync"),
    cases=(
        Bad(
            {
                "app/rates.py": """
                import requests


                def fetch(url: str) -> dict[str, float]:
                    return requests.get(url, timeout=5).json()


                def load_rates() -> dict[str, float]:
                    return fetch("https://rates.example")
                """,
                "app/api.py": """
                from app.rates import load_rates


                async def convert(amount: float) -> float:
                    rates = load_rates()  # !
                    return amount * rates["EUR"]
                """,
            },
            fixed={
                "app/api.py": """
                import asyncio

                from app.rates import load_rates


                async def convert(amount: float) -> float:
                    rates = await asyncio.to_thread(load_rates)
                    return amount * rates["EUR"]
                """
            },
        ),
        Bad(
            {
                "app/crud.py": """
                from sqlalchemy import select
                from sqlalchemy.orm import Session


                class Users:
                    def __init__(self, session: Session) -> None:
                        self.session = session

                    def count(self) -> int:
                        return len(self.session.scalars(select(User.id)).all())
                """,
                "app/jobs.py": """
                from app.crud import Users


                async def report(users: Users) -> str:
                    return f"{users.count()} users"  # !
                """,
            }
        ),
        Bad(
            """
            import asyncio
            import time


            def pause(seconds: float) -> None:
                time.sleep(seconds)


            async def retry() -> None:
                pause(2)  # !
                await asyncio.sleep(0)
            """,
            fixed="""
            import asyncio
            import time


            def pause(seconds: float) -> None:
                time.sleep(seconds)


            async def retry() -> None:
                await asyncio.to_thread(pause, 2)
                await asyncio.sleep(0)
            """,
        ),
        Bad(
            """
            from argon2 import PasswordHasher


            class Passwords:
                def __init__(self) -> None:
                    self.hasher = PasswordHasher()

                def verify(self, digest: str, password: str) -> bool:
                    return self.hasher.verify(digest, password)


            async def log_in(passwords: Passwords, digest: str, password: str) -> bool:
                return passwords.verify(digest, password)  # !
            """,
            fixed="""
            import asyncio

            from argon2 import PasswordHasher


            class Passwords:
                def __init__(self) -> None:
                    self.hasher = PasswordHasher()

                def verify(self, digest: str, password: str) -> bool:
                    return self.hasher.verify(digest, password)


            async def log_in(passwords: Passwords, digest: str, password: str) -> bool:
                return await asyncio.to_thread(passwords.verify, digest, password)
            """,
        ),
        Good(
            """
            import asyncio
            import time


            def pause() -> None:
                time.sleep(1)


            async def wait() -> None:
                await asyncio.to_thread(pause)
                await asyncio.get_running_loop().run_in_executor(None, lambda: pause())
            """
        ),
        Good(
            """
            import time


            def pause() -> None:
                time.sleep(1)


            def wait() -> None:
                pause()
            """
        ),
        Good(
            """
            import subprocess
            from contextlib import asynccontextmanager


            def migrate() -> None:
                subprocess.run(["alembic", "upgrade", "head"], check=True)


            @asynccontextmanager
            async def lifespan(app):
                migrate()
                yield
            """
        ),
        FalseAlarm(
            """
            import time

            DRY_RUN = True


            def pause() -> None:
                if not DRY_RUN:
                    time.sleep(1)


            async def wait() -> None:
                pause()  # !
            """,
            why="which branch a flag chooses is not followed",
        ),
    ),
    evidence=("letta-ai/letta bce174940", "chroma-core/chroma PR 3477", "bluesky/tiled 5080601cb"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    is_async = any(function.is_async for _, _, function in project.calls.functions())
    if not is_async or not any(_may_block(module) for module in project.modules.values()):
        return
    blocking = find_reaching(project, dict(_find_blocking_calls(project)))
    for symbol, module, function in project.calls.functions() if blocking else ():
        if not function.is_async or project.layers[module.path] in ASIDE or _runs_once(function):
            continue
        reported: set[Symbol] = set()
        for found in project.calls.of(symbol):
            block = blocking.get(found.target)
            if block is None or found.call.deferred or found.target in reported:
                continue
            if block.sink in SESSION_CALLS and _is_given_session(project, module, function):
                continue
            reported.add(found.target)
            yield _report(view, module, function, found, blocking)


def _may_block(module: Module) -> bool:
    return any(item.target.partition(".")[0] in _PACKAGES for item in module.outline.imports)


def _runs_once(function: Function) -> bool:
    """Whether a function runs at start-up or as a command: nobody waits for it."""
    takes_app = any(parameter.annotation.endswith("FastAPI") for parameter in function.parameters)
    return function.name.startswith(_START_UP) or (function.is_generator and takes_app)


def _find_blocking_calls(project: Project) -> Iterator[tuple[Symbol, ResolvedCall]]:
    """The plain functions that block themselves, each with the first call that does."""
    for symbol, _, function in project.calls.functions():
        if not function.is_async and not function.is_generator:
            for found in project.calls.of(symbol):
                if not found.call.deferred and (found.target in SLOW_CALLS or found.target in SESSION_CALLS):
                    yield symbol, found
                    break


def _is_given_session(project: Project, module: Module, function: Function) -> bool:
    """Whether the function itself is handed a sync session, which another rule reports at its `def`."""
    scope = module.symbol(function.qualname)
    return any(
        session_kind(project.types.chain(scope, parameter.name, function.line)) == "sync"
        for parameter in function.parameters
    )


def _report(
    view: ProjectView, module: Module, function: Function, found: ResolvedCall, blocking: Mapping[Symbol, Reach]
) -> Problem:
    first = Step(module.path, found.call.line, f"`async def {function.name}` calls `{short_name(found.target)}`")
    steps = (first, *trace_reach(blocking, found.target))
    levels = f", {len(steps) - 1} calls down" if len(steps) > 2 else ""
    sink = blocking[found.target].sink
    return Problem(
        span_of(found.call),
        f"`{short_name(found.target)}` blocks the event loop: it ends in `{short_name(sink)}`{levels}.",
        path=module.path,
        trace=steps,
        fix=None if sink in SESSION_CALLS else _fix(view, module, found.call),
    )


def _fix(view: ProjectView, module: Module, call: Call) -> Fix | None:
    source = view.source(module.path)
    if source is None or call.use in ("with", "attribute", "iterate"):
        return None
    start, end = source.offset(call.line, call.column), source.offset(call.end_line, call.end_column)
    text = source.text[start:end]
    if not text.startswith(f"{call.chain}("):
        return None
    name, imports = open_context(source).imports.add("asyncio")
    arguments = text[len(call.chain) + 1 :]
    comma = "" if arguments.strip() == ")" else ", "
    awaited = f"await {name}.to_thread({call.chain}{comma}{arguments}"
    if call.use not in ("statement", "assign", "return", "unpack"):
        awaited = f"({awaited})"
    edits = (Edit(source.path, start, end, awaited), *imports)
    return Fix(edits, safe=False, reason="The helper moves to a thread; check that its arguments may be used there.")
