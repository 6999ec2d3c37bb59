"""How HTTP is served: schemas and their names, routers and how they are put together."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from layerwise.project.expressions import dotted_name, parse_expression
from layerwise.project.habits.persistence import import_name
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place
from layerwise.project.routes import Route
from layerwise.project.votes import Convention, vote

_MODEL_ENDS = ("Model", "Table", "ORM", "Entity")
_MANY = re.compile(r"\{\}e?s(?![a-z])")
_HEAD = re.compile(r"[A-Z][a-z]+(?=[A-Z])")
_VERBS = {
    "schema-create": ("create", "add", "new"),
    "schema-update": ("update", "edit", "set"),
    "schema-response": ("get", "list"),
}
_KINDS = {"POST": "schema-create", "PUT": "schema-update", "PATCH": "schema-update"}


def read_interface(project: Project) -> Iterator[Convention | None]:
    """Schema names by purpose, their base, the router aggregator, where prefixes stand, slashes."""
    routes = [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]
    entities = sorted(_entity_names(project), key=len, reverse=True)
    for purpose in ("schema-create", "schema-update", "schema-response"):
        yield vote(purpose, _name_votes(project, routes, entities, purpose))
    yield vote("schema-base", _base_votes(project))
    includes = [include for include in project.api.includes if project.layers[include.place.path] not in ASIDE]
    yield vote("router-aggregator", ((include.place.path, include.place) for include in includes))
    yield vote("router-prefix", _prefix_votes(project))
    yield vote("router-name", ((_router_name(route), route.place) for route in routes))
    roots = [route for route in routes if route.path in ("", "/")]
    yield vote("collection-path", ((repr(route.path), route.place) for route in roots))


def _entity_names(project: Project) -> set[str]:
    """The names of models without what says that they are models: Run for RunModel, Notice for SysNotice."""
    names = [model.name for model in project.models.values()]
    heads = Counter(match.group() for name in names if (match := _HEAD.match(name)))
    head = next((head for head, count in heads.items() if count > 2 and count * 2 > len(names)), "")
    short = (next((name.removesuffix(end) for end in _MODEL_ENDS if name.endswith(end)), name) for name in names)
    return {name.removeprefix(head) or name for name in short} - {""}


def _router_name(route: Route) -> str:
    """The name of a route's router, with `{file}` for that of its module: `{file}_controller`."""
    name = route.router.rpartition(JOINT)[2].rpartition(".")[2]
    file = PurePosixPath(route.router.partition(JOINT)[0]).stem
    return name.replace(file, "{file}") if file not in ("router", "routes") else name


def _name_votes(project: Project, routes: list[Route], entities: list[str], purpose: str) -> list[tuple[str, Place]]:
    """The pattern of schema names in routes, the entity's name put as braces: `{}Create`, `Create{}Param`.

    Routes of the plain form count alone, or those that are named by what they do, such as `POST /volumes/create`,
    whichever shows more; where neither shows any, all count.
    """
    serving = [route for route in routes if _serves(route, purpose)]
    plain = list(_patterns(project, [route for route in serving if _is_plain(route)], entities, purpose))
    said = list(_patterns(project, [route for route in routes if _says(route, purpose)], entities, purpose))
    return max(plain, said, key=len) or list(_patterns(project, serving, entities, purpose))


def _patterns(project: Project, routes: list[Route], entities: list[str], purpose: str) -> Iterator[tuple[str, Place]]:
    for route in routes:
        for symbol in _schemas_of(project, route, purpose):
            name = symbol.rpartition(JOINT)[2]
            entity = next((entity for entity in entities if entity in name), "")
            pattern = name.replace(entity, "{}", 1)
            if entity and symbol not in project.models and not _MANY.search(pattern):
                yield pattern, route.place


def _serves(route: Route, purpose: str) -> bool:
    """Whether a route is there for a purpose: what the function's name says goes before the method."""
    if purpose == "schema-response":
        return True
    verb = route.function.rpartition(JOINT)[2].rpartition(".")[2].partition("_")[0]
    spoken = next((each for each, verbs in _VERBS.items() if verb in verbs), "")
    return purpose == spoken if spoken else any(_KINDS.get(method) == purpose for method in route.methods)


def _says(route: Route, purpose: str) -> bool:
    return route.path.rstrip("/").rpartition("/")[2] in _VERBS.get(purpose, ())


def _is_plain(route: Route) -> bool:
    if "POST" in route.methods:
        return "{" not in route.path.rpartition("/")[2] and not route.path.strip("/")
    return route.path.endswith("}")


def _schemas_of(project: Project, route: Route, purpose: str) -> Iterator[Symbol]:
    """The schemas of the project that a route takes, or gives when the purpose is the response."""
    path = route.function.partition(JOINT)[0]
    function = project.function(route.function)
    texts: list[str] = []
    if purpose == "schema-response":
        texts = [route.response_model or route.returns]
    elif function is not None:
        texts = [each.annotation for each in function.parameters if "Depend" not in each.annotation + each.default]
    for text in texts:
        for name in _names_in(text):
            symbol = project.resolve(path, name)
            if symbol in project.schemas:
                yield symbol


def _names_in(text: str) -> Iterator[str]:
    node = parse_expression(text)
    for inner in ast.walk(node) if node else ():
        if isinstance(inner, ast.Name | ast.Attribute) and (name := dotted_name(inner)):
            yield name


def _base_votes(project: Project) -> Iterator[tuple[str, Place]]:
    for schema in project.schemas.values():
        if project.layers[schema.place.path] in ASIDE:
            continue
        ancestors = project.classes.ancestors(schema.symbol)
        own = [base for base in ancestors if JOINT in base]
        if own:
            yield import_name(project, own[-1]), schema.place
        elif ancestors:
            yield ancestors[0], schema.place


def _prefix_votes(project: Project) -> Iterator[tuple[str, Place]]:
    for router in project.api.routers.values():
        if router.prefix and not router.is_app:
            yield "router", router.place
    for include in project.api.includes:
        child = project.api.routers[include.child]
        if include.prefix and not child.prefix:
            yield "include", include.place
