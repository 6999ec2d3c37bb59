"""How HTTP is served: schemas and their names, routers and how they are put together."""

import ast
from collections.abc import Iterator

from layerwise.project.expressions import dotted_name, parse_expression
from layerwise.project.habits.persistence import import_name
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place
from layerwise.project.routes import Route
from layerwise.project.votes import Convention, vote

_KINDS = {"POST": "schema-create", "PUT": "schema-update", "PATCH": "schema-update"}


def read_interface(project: Project) -> Iterator[Convention | None]:
    """Schema names by purpose, their base, the router aggregator, where prefixes stand, slashes."""
    routes = [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]
    entities = sorted({model.name for model in project.models.values()}, key=len, reverse=True)
    for purpose in ("schema-create", "schema-update", "schema-response"):
        yield vote(purpose, _name_votes(project, routes, entities, purpose))
    yield vote("schema-base", _base_votes(project))
    includes = [include for include in project.api.includes if project.layers[include.place.path] not in ASIDE]
    yield vote("router-aggregator", ((include.place.path, include.place) for include in includes))
    yield vote("router-prefix", _prefix_votes(project))
    yield vote("router-name", ((route.router.rpartition(JOINT)[2].rpartition(".")[2], route.place) for route in routes))
    roots = [route for route in routes if route.path in ("", "/")]
    yield vote("collection-path", ((repr(route.path), route.place) for route in roots))


def _name_votes(
    project: Project, routes: list[Route], entities: list[str], purpose: str
) -> Iterator[tuple[str, Place]]:
    """The pattern of schema names in routes, the entity's name put as braces: `{}Create`, `Create{}Param`.

    Where there are routes of the plain form (POST to the collection, the rest to one item), only those count.
    """
    plain = [route for route in routes if _is_plain(route)]
    for route in plain or routes:
        for symbol in _schemas_of(project, route, purpose):
            name = symbol.rpartition(JOINT)[2]
            entity = next((entity for entity in entities if entity in name and entity != name), "")
            if entity:
                yield name.replace(entity, "{}", 1), route.place


def _is_plain(route: Route) -> bool:
    if "POST" in route.methods:
        return "{" not in route.path.rpartition("/")[2] and not route.path.strip("/").count("/")
    return route.path.endswith("}")


def _schemas_of(project: Project, route: Route, purpose: str) -> Iterator[Symbol]:
    """The schemas of the project that a route takes or gives for a purpose."""
    path = route.function.partition(JOINT)[0]
    function = project.function(route.function)
    texts: list[str] = []
    if purpose == "schema-response":
        texts = [route.response_model or route.returns]
    elif function is not None and any(_KINDS.get(method) == purpose for method in route.methods):
        texts = [parameter.annotation for parameter in function.parameters]
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
