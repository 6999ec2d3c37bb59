"""A helper starts an event loop inside a running one.

## Why is this bad?
`asyncio.run()` and `run_until_complete()` raise RuntimeError where a loop is running already: the coroutine never runs.

## Example
```python
def describe(image: bytes) -> str:
    return asyncio.run(model.describe(image))

async def index(image: bytes) -> None:
    await save(describe(image))
```

## Use instead
```python
async def describe(image: bytes) -> str:
    return await model.describe(image)

async def index(image: bytes) -> None:
    await save(await describe(image))
```

## When to ignore
When something such as nest_asyncio allows loops inside loops.
"""

from collections.abc import Iterator

from layerwise.project.calls import ResolvedCall
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Module, Symbol
from layerwise.review.finding import Step
from layerwise.review.places import short_name, span_of
from layerwise.review.reaching import find_reaching, trace_reach
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="AIO021",
    severity="error",
    scope="project",
    statements=("do.async", "dont.mix-sync"),
    cases=(
        Bad(
            {
                "app/ocr.py": """
                import asyncio


                class Parser:
                    def read_page(self, page: bytes) -> str:
                        loop = asyncio.new_event_loop()
                        try:
                            return loop.run_until_complete(self.model.describe(page))
                        finally:
                            loop.close()

                    def read_all(self, pages: list[bytes]) -> list[str]:
                        return [self.read_page(page) for page in pages]
                """,
                "app/ingest.py": """
                from app.ocr import Parser


                async def ingest(parser: Parser, pages: list[bytes]) -> list[str]:
                    return parser.read_all(pages)  # !
                """,
            }
        ),
        Bad(
            """
            import asyncio


            async def load() -> int:
                return 1


            def load_now() -> int:
                return asyncio.run(load())


            async def answer() -> int:
                return load_now()  # !
            """
        ),
        Good(
            """
            import asyncio


            async def load() -> int:
                return 1


            def load_now() -> int:
                return asyncio.run(load())


            async def answer() -> int:
                return await asyncio.to_thread(load_now)


            def main() -> int:
                return load_now()
            """
        ),
        Good(
            """
            import asyncio


            async def load() -> int:
                return 1


            def load_now() -> int:
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    return asyncio.run(load())
                return 0


            async def answer() -> int:
                return load_now()
            """
        ),
        Good(
            """
            import asyncio
            from concurrent.futures import ThreadPoolExecutor


            async def load() -> int:
                return 1


            def load_now() -> int:
                with ThreadPoolExecutor() as pool:
                    return pool.submit(asyncio.run, load()).result()


            async def answer() -> int:
                return load_now()
            """
        ),
        Miss(
            """
            import asyncio


            def load_now() -> int:
                return asyncio.run(load())


            async def answer(how: Callable[[], int] = load_now) -> int:
                return how()
            """,
            why="which function a parameter holds is not followed",
        ),
    ),
    evidence=("vstorm-co/agenticos d3cc9992",),
)
_LOOKING = frozenset({"get_running_loop", "is_running", "apply", "Thread", "submit", "run_coroutine_threadsafe"})


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    starting = find_reaching(project, dict(_find_starts(project)))
    for symbol, module, function in project.calls.functions() if starting else ():
        if not function.is_async or project.layers[module.path] in ASIDE:
            continue
        for found in project.calls.of(symbol):
            if found.target in starting and not found.call.deferred:
                first = Step(module.path, found.call.line, f"`async def {function.name}` calls it on a running loop")
                yield Problem(
                    span_of(found.call),
                    f"`{short_name(found.target)}` ends in `{short_name(starting[found.target].sink)}`, which raises "
                    "where a loop is running.",
                    path=module.path,
                    trace=(first, *trace_reach(starting, found.target)),
                )


def _find_starts(project: Project) -> Iterator[tuple[Symbol, ResolvedCall]]:
    """The plain functions that start a loop without looking whether one is running."""
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or function.is_async or function.is_generator:
            continue
        starts = [call for call in body.calls if call.name in ("run", "run_until_complete") and not call.deferred]
        if not starts or any(call.name in _LOOKING for call in body.calls) or project.layers[module.path] in ASIDE:
            continue
        for call in starts:
            if call.name == "run_until_complete" or _is_asyncio_run(project, module, call.chain):
                yield symbol, ResolvedCall(call, f"asyncio.{call.name}")
                break


def _is_asyncio_run(project: Project, module: Module, chain: str) -> bool:
    return project.resolve(module.path, chain) == "asyncio.run"
