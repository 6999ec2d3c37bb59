"""A route asks for less than the routes beside it.

## Why is this bad?
Every other route that changes something asks who calls and what the caller may do; this one lets anybody in, which is
rarely meant and never noticed, because it works.

## Example
```python
@router.put("/{contact_id}")
async def update_contact(contact_id: int, data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:
    return await service.update(contact_id, data)
```

## Use instead
```python
@router.put("/{contact_id}", dependencies=[Depends(require_admin)])
async def update_contact(contact_id: int, data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:
    return await service.update(contact_id, data)
```

## When to ignore
When the route is open on purpose, or middleware guards it.
"""

import re
from collections import Counter
from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.routes import Route
from layerwise.review.places import line_span, short_name
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_GUARDED = """
from fastapi import APIRouter, Depends

from app.auth import require_permission
from app.contacts import ContactResponse, ContactServiceDep, ContactUpdate

router = APIRouter(prefix="/contacts")


@router.post("", dependencies=[Depends(require_permission("write"))], status_code=201)
async def create_contact(data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:
    return await service.create(data)


@router.delete("/{contact_id}", dependencies=[Depends(require_permission("write"))], status_code=204)
async def delete_contact(contact_id: int, service: ContactServiceDep) -> None:
    await service.delete(contact_id)


@router.patch("/{contact_id}/owner", dependencies=[Depends(require_permission("write"))])
async def hand_over(contact_id: int, data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:
    return await service.hand_over(contact_id, data)
"""
_AUTH = """
def require_permission(name: str) -> None:
    print(name)
"""

RULE = Rule(
    __name__,
    __doc__,
    code="SEC003",
    severity="warning",
    confidence="medium",
    profile="strict",
    scope="project",
    statements=("di.current-user", "di.superuser"),
    cases=(
        Bad(
            {
                "app/auth.py": _AUTH,
                "app/api.py": _GUARDED
                + """

@router.put("/{contact_id}")
async def update_contact(contact_id: int, data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:  # !
    return await service.update(contact_id, data)
""",
            }
        ),
        Bad(
            {
                "app/auth.py": _AUTH,
                "app/api.py": _GUARDED
                + """

@router.get("/{contact_id}")
async def read_contact(contact_id: int, service: ContactServiceDep) -> ContactResponse:  # !
    return await service.get(contact_id)
""",
            }
        ),
        Good({"app/auth.py": _AUTH, "app/api.py": _GUARDED}),
        Good(
            {
                "app/auth.py": _AUTH,
                "app/api.py": _GUARDED
                + """

@router.post("/login")
async def login(data: ContactUpdate, service: ContactServiceDep) -> ContactResponse:
    return await service.login(data)
""",
            }
        ),
        Good(
            """
            from fastapi import APIRouter

            router = APIRouter(prefix="/contacts")


            @router.put("/{contact_id}")
            async def update_contact(
                contact_id: int, data: ContactUpdate, service: ContactServiceDep
            ) -> ContactResponse:
                return await service.update(contact_id, data)
            """
        ),
        Miss(
            {
                "app/auth.py": _AUTH,
                "app/api.py": _GUARDED
                + """

@router.get("")
async def export(service: ContactServiceDep) -> ContactResponse:
    return await service.export()
""",
            },
            why="what only reads, and no single row, is often open on purpose",
        ),
    ),
    evidence=(
        "Netflix/dispatch 2b76d9d419",
        "Netflix/dispatch eb238bb134",
        "Netflix/dispatch e3ee407c0f",
        "Netflix/dispatch c21b56b713",
    ),
)
_CALLER = re.compile(
    r"auth|current_?\w*user|user_id|principal|identity|credential|api_?key|token|login|logged|session_user|verify|jwt",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"permission|require|admin|superuser|role|scope|policy|access|allow|owner|member|guard|restrict|\bcan_",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"log_?in|log_?out|sign_?(in|up|out)|register|token|hook|callback|health|ping|refresh|forgot|reset|recover|oauth|"
    r"public|verif|confirm|activate|auth|metrics|webhook|setup|invite|docs|search|preview|validate|\bme\b",
    re.IGNORECASE,
)
_ACCOUNTS = re.compile(r"/(users|accounts|customers|members)/?$")
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LEAST = 3


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    routes = [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]
    changing = [route for route in routes if _CHANGING.intersection(route.methods)]
    known = [route for route in changing if _asks(route, _CALLER) or _asks(route, _RIGHT)]
    identifies = len(known) >= _LEAST and 2 * len(known) > len(changing)
    knowing = {route.place.path for route in known}
    allowed = Counter(route.place.path for route in routes if _asks(route, _RIGHT))
    for route in routes:
        beside = allowed[route.place.path]
        if _is_open(route) or _asks(route, _RIGHT):
            continue
        changes = bool(_CHANGING.intersection(route.methods))
        if identifies and changes and route.place.path in knowing and not _asks(route, _CALLER):
            others = f"{len(known)} of {len(changing)} routes that change something do"
            yield _report(view, route, f"asks for no caller; {others}")
        elif beside >= _LEAST and (changes or ("{" in route.path and not _asks(route, _CALLER))):
            yield _report(view, route, f"asks for no permission, as {beside} routes beside it do")


def _asks(route: Route, kind: re.Pattern[str]) -> bool:
    return any(kind.search(short_name(each)) for each in (*route.dependencies, *route.guards))


def _is_open(route: Route) -> bool:
    """Whether a route is for everybody: signing up and in, what others call back, or the caller's own account."""
    signs_up = "POST" in route.methods and any(_ACCOUNTS.search(path) for path in route.paths)
    return signs_up or _OPEN.search(f"{route.path} {short_name(route.function)}") is not None


def _report(view: ProjectView, route: Route, what: str) -> Problem:
    source = view.source(route.place.path)
    label = f"{route.methods[0]} {route.paths[0] if route.paths else route.path}"
    return Problem(line_span(source, route.place.line), f"`{label}` {what}.", path=route.place.path)
