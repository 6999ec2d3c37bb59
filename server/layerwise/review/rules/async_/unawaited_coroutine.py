"""A coroutine of the project is never awaited.

## Why is this bad?
Calling an `async def` only makes a coroutine: without `await` its body never runs, so what it saves or checks is lost.
Python says so in a warning at most, when the object is thrown away.

## Example
```python
async def register(data: UserCreate, service: UserService) -> None:
    user = await service.create(data)
    service.send_welcome(user)
```

## Use instead
```python
async def register(data: UserCreate, service: UserService) -> None:
    user = await service.create(data)
    await service.send_welcome(user)
```

## Fix safety
The fix adds `await` inside an `async def`. It is unsafe: what never ran before runs from now on.

## When to ignore
When something wraps the function so that calling it schedules it, as task queues do.
"""

from collections.abc import Iterator

from layerwise.project.facts import Call, Function
from layerwise.project.index import Project
from layerwise.project.module import Module, Symbol
from layerwise.review.coroutines import gives_coroutine, is_misused, is_unawaited, promises_result
from layerwise.review.finding import Edit, Fix
from layerwise.review.habits import sum_up
from layerwise.review.places import short_name, span_of, step_to
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.source import Source

_SERVICE = """
class UserService:
    async def send_welcome(self, user: User) -> None:
        await mailer.send(user.email)

    async def roles(self) -> list[str]:
        return ["admin"]

    def name(self) -> str:
        return "users"
"""

RULE = Rule(
    __name__,
    __doc__,
    code="AIO005",
    severity="error",
    scope="project",
    statements=("do.async",),
    cases=(
        Bad(
            {
                "app/services.py": _SERVICE,
                "app/api.py": """
                from app.services import UserService


                async def register(user: User, service: UserService) -> None:
                    service.send_welcome(user)  # !
                """,
            },
            fixed={
                "app/api.py": """
                from app.services import UserService


                async def register(user: User, service: UserService) -> None:
                    await service.send_welcome(user)
                """
            },
        ),
        Bad(
            {
                "app/services.py": _SERVICE + "\n\nusers = UserService()\n",
                "app/api.py": """
                from app import services


                async def is_admin() -> bool:
                    if services.users.roles():  # !
                        return True
                    for role in services.users.roles():  # !
                        print(role)
                    return False
                """,
            },
            fixed={
                "app/api.py": """
                from app import services


                async def is_admin() -> bool:
                    if await services.users.roles():
                        return True
                    for role in await services.users.roles():
                        print(role)
                    return False
                """
            },
        ),
        Bad(
            """
            async def load() -> tuple[int, int]:
                return 1, 2


            class Report:
                async def build(self) -> str:
                    first, second = load()  # !
                    return load().title()  # !
            """,
            fixed="""
            async def load() -> tuple[int, int]:
                return 1, 2


            class Report:
                async def build(self) -> str:
                    first, second = await load()
                    return (await load()).title()
            """,
        ),
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter()


            async def load_actor(name: str) -> Actor:
                return Actor(name)


            async def rename(actor: Actor, name: str) -> Actor:
                return Actor(name)


            @router.post("/actors/{name}")
            async def rename_actor(name: str) -> ActorOut:
                actor = load_actor(name)  # !
                other = load_actor(name)  # !
                return await rename(actor, other.name)


            @router.get("/actors/{name}")
            async def read_actor(name: str) -> ActorOut:
                return load_actor(name)  # !
            """,
            fixed="""
            from fastapi import APIRouter

            router = APIRouter()


            async def load_actor(name: str) -> Actor:
                return Actor(name)


            async def rename(actor: Actor, name: str) -> Actor:
                return Actor(name)


            @router.post("/actors/{name}")
            async def rename_actor(name: str) -> ActorOut:
                actor = await load_actor(name)
                other = await load_actor(name)
                return await rename(actor, other.name)


            @router.get("/actors/{name}")
            async def read_actor(name: str) -> ActorOut:
                return await load_actor(name)
            """,
        ),
        Bad(
            """
            class Users:
                async def find(self, key: int) -> User | None:
                    return await self.session.get(User, key)

                async def name_of(self, key: int) -> str:
                    user = self.find(key)  # !
                    if user is None:
                        raise NotFoundError(key)
                    return render(user)

                async def again(self, key: int) -> User | None:
                    return self.find(key)  # !
            """,
            fixed="""
            class Users:
                async def find(self, key: int) -> User | None:
                    return await self.session.get(User, key)

                async def name_of(self, key: int) -> str:
                    user = await self.find(key)
                    if user is None:
                        raise NotFoundError(key)
                    return render(user)

                async def again(self, key: int) -> User | None:
                    return await self.find(key)
            """,
        ),
        Bad(
            {
                "app/services.py": _SERVICE,
                "tests/test_services.py": """
                import pytest
                from app.services import UserService


                @pytest.mark.asyncio
                async def test_welcome(user: User, service: UserService) -> None:
                    service.send_welcome(user)  # !
                    service.send_welcome(user)
                    service.send_welcome(user)
                    assert "admin" in service.roles()
                """,
            },
            fixed={
                "tests/test_services.py": """
                import pytest
                from app.services import UserService


                @pytest.mark.asyncio
                async def test_welcome(user: User, service: UserService) -> None:
                    await service.send_welcome(user)
                    await service.send_welcome(user)
                    await service.send_welcome(user)
                    assert "admin" in await service.roles()
                """
            },
        ),
        Good(
            """
            import asyncio
            from collections.abc import Awaitable


            async def load() -> int:
                return 1


            async def within(work: Awaitable[int], seconds: float) -> int:
                return await asyncio.wait_for(work, seconds)


            async def build() -> int:
                pending = load()
                spare = load()
                spare.close()
                return await within(pending, 5)
            """
        ),
        Good(
            """
            import asyncio


            async def load() -> int:
                return 1


            async def build(group: asyncio.TaskGroup) -> int:
                pending = load()
                group.create_task(load())
                await asyncio.gather(load(), load())
                return await pending
            """
        ),
        Good(
            """
            async def stream():
                yield 1


            async def read() -> None:
                async for number in stream():
                    print(number)
            """
        ),
        Good(
            """
            from contextlib import asynccontextmanager


            @asynccontextmanager
            async def opened():
                yield 1


            async def read() -> None:
                async with opened() as number:
                    print(number)
            """
        ),
        Good(
            """
            from jobs import broker


            @broker.task
            async def send(user_id: int) -> None:
                print(user_id)


            async def register() -> None:
                send(1)
            """
        ),
        Miss(
            """
            async def load() -> int:
                return 1


            async def build():
                value = load()
                return value
            """,
            why="a coroutine that is kept in a name may be awaited by whoever gets it",
        ),
    ),
    evidence=("letta-ai/letta 67aae3e6a", "letta-ai/letta 32b9f228d", "letta-ai/letta e832d1cb1"),
)

_LOST = frozenset({"statement", "unpack", "test", "iterate", "attribute"})


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    """One finding a place; of tests that were left behind when the code became async, one a file."""
    found: dict[str, list[Problem]] = {}
    for path, problem in _find_unawaited(view):
        found.setdefault(path, []).append(problem)
    for path, problems in found.items():
        source = view.source(path) if view.project.layers[path] == "test" else None
        yield from problems if source is None else sum_up(problems, source)


def _find_unawaited(view: ProjectView) -> Iterator[tuple[str, Problem]]:
    project: Project = view.project
    routes = {route.function for route in project.api.routes}
    coroutines = {
        function.name
        for module in project.modules.values()
        for function in module.outline.functions
        if function.is_async and not function.is_generator
    }
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or not any(is_unawaited(call, coroutines) for call in body.calls):
            continue
        for found in project.calls.of(symbol):
            if not is_unawaited(found.call, coroutines) or not gives_coroutine(project, found.target):
                continue
            use = found.call.use
            lost = use in _LOST or (use == "return" and (symbol in routes or promises_result(function)))
            if lost or (use == "assign" and is_misused(project, symbol, function, found.call)):
                yield module.path, _report(view, module, function, found.call, found.target)


def _report(view: ProjectView, module: Module, function: Function, call: Call, target: Symbol) -> Problem:
    what = {
        "statement": "its body never runs",
        "unpack": "a coroutine cannot be unpacked",
        "test": "a coroutine is always true",
        "iterate": "a coroutine cannot be iterated",
        "attribute": "a coroutine has no such attribute",
        "return": "the caller gets a coroutine",
        "assign": "what follows takes the coroutine for its result",
    }[call.use]
    source = view.source(module.path)
    return Problem(
        span_of(call),
        f"`{call.chain}(…)` is not awaited, and `{short_name(target)}` is async: {what}.",
        path=module.path,
        trace=step_to(view.project, target, f"`async def {short_name(target)}`"),
        fix=_fix(source, call) if source is not None and function.is_async else None,
    )


def _fix(source: Source, call: Call) -> Fix:
    start, end = source.offset(call.line, call.column), source.offset(call.end_line, call.end_column)
    edits = [Edit(source.path, start, start, "await ")]
    if call.use == "attribute":
        edits = [Edit(source.path, start, start, "(await "), Edit(source.path, end, end, ")")]
    return Fix(tuple(edits), safe=False, reason="What never ran before runs from now on.")
