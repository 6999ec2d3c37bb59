"""A route never answers, because an earlier one matches the same path.

## Why is this bad?
Routes are tried in the order in which they are added, so `/users/me` behind `/users/{user_id}` gives 422 for "me", and
a second route with the same path is dead code.

## Example
```python
@router.get("/users/{user_id}")
async def read_user(user_id: int) -> UserResponse: ...


@router.get("/users/me")
async def read_me(user: CurrentUser) -> UserResponse: ...
```

## Use instead
```python
@router.get("/users/me")
async def read_me(user: CurrentUser) -> UserResponse: ...


@router.get("/users/{user_id}")
async def read_user(user_id: int) -> UserResponse: ...
```

## Fix safety
The fix moves the shadowed route above the other when both stand in one file. It is unsafe, because the other route no
longer answers for that path.

## When to ignore
When the routes are registered under conditions that exclude each other.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from layerwise.project.facts import Function
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import Symbol
from layerwise.project.routes import Route
from layerwise.review.finding import Edit, Fix, Span, Step
from layerwise.review.places import short_name
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.source import Source

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")

RULE = Rule(
    __name__,
    __doc__,
    code="API006",
    severity="error",
    scope="project",
    statements=("layer.endpoints",),
    cases=(
        Bad(
            """
            from fastapi import APIRouter

            router = APIRouter(prefix="/users")


            @router.get("/{user_id}")
            async def read_user(user_id: int) -> UserOut:
                return await load(user_id)


            @router.get("/me")
            async def read_me(user: CurrentUser) -> UserOut:  # !
                return user
            """,
            fixed="""
            from fastapi import APIRouter

            router = APIRouter(prefix="/users")


            @router.get("/me")
            async def read_me(user: CurrentUser) -> UserOut:
                return user


            @router.get("/{user_id}")
            async def read_user(user_id: int) -> UserOut:
                return await load(user_id)
            """,
        ),
        Bad(
            {
                "app/users.py": """
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/{name}/items")
                async def read_items(name: str) -> list[Item]:
                    return await load_items(name)
                """,
                "app/stats.py": """
                from fastapi import APIRouter

                router = APIRouter()


                @router.get("/stats/items")
                async def count_items() -> Count:  # !
                    return await count()
                """,
                "app/main.py": """
                from app import stats, users
                from fastapi import FastAPI

                app = FastAPI()
                app.include_router(users.router)
                app.include_router(stats.router)
                """,
            }
        ),
        Bad(
            """
            from fastapi import FastAPI

            app = FastAPI()


            @app.get("/health")
            async def health() -> Health:
                return Health()


            @app.get("/health")
            async def health_again() -> Health:  # !
                return Health()
            """
        ),
        Good(
            """
            from fastapi import APIRouter, FastAPI

            router = APIRouter()


            @router.get("/items/search")
            async def search_items() -> list[str]:
                return []


            app = FastAPI()
            app.include_router(router)
            app.include_router(router)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/me")
            async def read_me(user: CurrentUser) -> UserOut:
                return user


            @router.get("/users/{user_id}")
            async def read_user(user_id: int) -> UserOut:
                return await load(user_id)


            @router.delete("/users/me")
            async def delete_me(user: CurrentUser) -> None:
                await drop(user)
            """
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter()


            @router.get("/users/{user_id:int}")
            async def read_user(user_id: int) -> UserOut:
                return await load(user_id)


            @router.get("/users/me")
            async def read_me(user: CurrentUser) -> UserOut:
                return user
            """
        ),
        Good(
            {
                "app/users.py": """
                from fastapi import APIRouter

                router = APIRouter(prefix="/users")


                @router.get("/{user_id}")
                async def read_user(user_id: int) -> UserOut:
                    return await load(user_id)
                """,
                "app/items.py": """
                from fastapi import APIRouter

                router = APIRouter(prefix="/items")


                @router.get("/me")
                async def read_mine(user: CurrentUser) -> list[Item]:
                    return await load_items(user)
                """,
                "app/main.py": """
                from app import items, users
                from fastapi import FastAPI

                app = FastAPI()
                app.include_router(users.router)
                app.include_router(items.router)
                """,
            }
        ),
        Miss(
            """
            from fastapi import FastAPI

            app = FastAPI()


            @app.get("/{page}")
            async def page(page: str) -> Page:
                return await load(page)


            app.add_route("/about", about)
            """,
            why="only path operations of FastAPI are followed",
        ),
    ),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    routes = [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]
    by_router: dict[Symbol, list[Route]] = defaultdict(list)
    for route in routes:
        by_router[route.router].append(route)
    for group in by_router.values():
        if len({route.place.path for route in group}) == 1:
            yield from _find_shadowed(view, sorted(group, key=lambda route: route.place.line))
    yield from _find_across_routers(view, by_router)


def _find_shadowed(view: ProjectView, ordered: list[Route]) -> Iterator[Problem]:
    for position, later in enumerate(ordered):
        for earlier in ordered[:position]:
            if earlier.function != later.function and _shadows(earlier, later, earlier.path, later.path):
                yield _report(view, earlier, later, earlier.path, _fix(view, earlier, later))
                break


def _find_across_routers(view: ProjectView, by_router: dict[Symbol, list[Route]]) -> Iterator[Problem]:
    """Routes of routers that one parent includes, in the order of the includes."""
    project: Project = view.project
    by_parent = defaultdict(list)
    for include in project.api.includes:
        if include.child in by_router and not include.conditional:
            by_parent[include.parent, include.place.path].append(include)
    for includes in by_parent.values():
        seen: list[tuple[Route, str]] = []
        for include in sorted(includes, key=lambda include: include.place.line):
            found = [(route, path) for route in by_router[include.child] for path in route.paths]
            for later, path in found:
                others = ((each, way) for each, way in seen if each.function != later.function)
                hit = next(((each, way) for each, way in others if _shadows(each, later, way, path)), None)
                if hit is not None and len(later.paths) == 1:
                    yield _report(view, hit[0], later, hit[1], None)
            seen += found


def _shadows(earlier: Route, later: Route, path: str, other: str) -> bool:
    """Whether every request for `other` is answered by a route for `path`."""
    if not set(later.methods) <= set(earlier.methods):
        return False
    mine, yours = path.split("/"), other.split("/")
    for position, part in enumerate(mine):
        if (found := _PARAMETER.fullmatch(part)) and found[2] == "path":
            return len(yours) > position
        if position >= len(yours) or not _matches(part, yours[position]):
            return False
    return len(mine) == len(yours)


def _matches(part: str, other: str) -> bool:
    """Whether one part of a path takes all that another takes."""
    mine, yours = _PARAMETER.fullmatch(part), _PARAMETER.fullmatch(other)
    if mine is None:
        return part == other
    if mine[2] in (None, "str"):
        return bool(other) and (yours is None or yours[2] != "path")
    if yours is not None:
        return mine[2] == yours[2]
    return mine[2] == "int" and other.isdigit()


def _report(view: ProjectView, earlier: Route, later: Route, path: str, fix: Fix | None) -> Problem:
    project: Project = view.project
    handler = project.function(later.function)
    line = later.place.line
    width = len(handler.name) if handler else 1
    source = view.source(later.place.path)
    start = source.lines[line - 1].find(handler.name) if source and handler else 0
    verb = "is the same route as" if earlier.paths == later.paths or path == later.path else "comes first and takes"
    name = short_name(earlier.function)
    said = f"`{name}` ({later.methods[0]} `{path}`) {verb} what is meant for `{short_name(later.function)}`."
    if verb.startswith("is the same"):
        said = f"`{short_name(later.function)}` never answers: `{name}` has the same path and comes first."
    return Problem(
        Span(line, max(start, 0) + 1, line, max(start, 0) + 1 + width),
        said,
        path=later.place.path,
        trace=(Step(earlier.place.path, earlier.place.line, f"`{name}` answers {later.methods[0]} {path}"),),
        fix=fix,
    )


def _fix(view: ProjectView, earlier: Route, later: Route) -> Fix | None:
    """Move the later route above the earlier one, unless both have the same path or stand inside something."""
    project: Project = view.project
    first, second = project.function(earlier.function), project.function(later.function)
    source = view.source(later.place.path)
    if source is None or first is None or second is None or first.owner or second.owner or earlier.path == later.path:
        return None
    edits = tuple(_move(source, second, first))
    return Fix(edits, safe=False, reason=f"`{first.name}` no longer answers for this path.")


def _move(source: Source, moved: Function, before: Function) -> Iterator[Edit]:
    """The edits that put one function, with the blank lines above it, in front of another."""
    block = source.text[source.line_start(moved.start_line) : source.line_start(moved.end_line + 1)]
    block = block if block.endswith(source.newline) else block + source.newline
    top = moved.start_line
    while top > 1 and not source.lines[top - 2].strip():
        top -= 1
    yield source.insert(source.line_start(before.start_line), block + source.newline * (moved.start_line - top))
    yield source.delete_lines(top, moved.end_line)
