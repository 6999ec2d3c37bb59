"""Exemplar: the resource of a project that a new one is made in the likeness of, and the files that hold it."""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from layerwise.generate.likeness.renaming import Renaming, entity_words, find_longer
from layerwise.generate.names import singularize, words
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Column, Model, Relationship
from layerwise.project.module import JOINT, Symbol
from layerwise.project.routes import Route

# Words of a file's name that say what it does, not whom it is about.
_ROLES = frozenset(
    [
        "test",
        "tests",
        "api",
        "apis",
        "v1",
        "v2",
        "route",
        "routes",
        "router",
        "routers",
        "endpoint",
        "endpoints",
        "view",
        "views",
        "controller",
        "controllers",
        "service",
        "services",
        "repository",
        "repositories",
        "repo",
        "repos",
        "crud",
        "dao",
        "schema",
        "schemas",
        "model",
        "models",
        "handler",
        "handlers",
        "factory",
        "factories",
        "fixture",
        "fixtures",
        "dependency",
        "dependencies",
        "deps",
        "integration",
        "unit",
        "e2e",
        "orm",
        "db",
        "entity",
        "entities",
        "dto",
        "helpers",
        "utils",
        "usecase",
        "usecases",
        "manager",
        "main",
        "init",
    ]
)
# What a file of one use case does comes before whom it is about: delete_item.
_DEEDS = frozenset(["create", "add", "get", "read", "list", "find", "search", "update", "edit", "delete", "remove"])
_KEPT_COLUMN = re.compile(r"(creat|updat|modif|delet|insert)\w*_?(at|on|time|date|by|ts)?$|is_deleted$|version$|uuid$")
_VERBS = ("POST", "GET", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Bond:
    """A foreign key of the exemplar: its attribute, the model it leads to, the relationship that goes with it."""

    attribute: str
    target: Model
    relationship: str
    inverse: str
    given: bool
    place: str

    @property
    def name(self) -> str:
        """`author` for `author_id`."""
        return self.attribute.removesuffix("_id").removesuffix("_uuid")


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A resource as it lies in the project.

    `fields` are the columns that are its own, in order; keys, timestamps and what mixins bring are not among them.
    `owned` files are about nothing else. `followers` are the models that refer to it, `collections` its relationships
    to their rows.
    """

    model: Model
    words: tuple[str, ...]
    fields: tuple[Column, ...]
    bonds: tuple[Bond, ...]
    routes: tuple[Route, ...]
    owned: tuple[str, ...]
    score: float
    collections: tuple[str, ...] = ()
    followers: frozenset[Symbol] = frozenset()

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def is_account(self) -> bool:
        """Whether its rows log in: their passwords have routes of their own kind."""
        return any("password" in column.name for column in self.model.columns)

    @property
    def key(self) -> Column | None:
        """The primary key, where it is one column."""
        keys = [column for column in self.model.columns if column.primary_key]
        return keys[0] if len(keys) == 1 else None


def find_exemplars(project: Project, targets: Iterable[str], *, without: str) -> list[Exemplar]:
    """The resources that can be followed, the best first.

    A resource has a model and routes that create and read it. Those that refer to the same `targets` (class names) as
    the new one, that have all layers, and that hold little of their own, come first. `without` is the new one's class.
    """
    models = [model for model in project.models.values() if project.layers[model.place.path] not in ASIDE]
    wanted = {entity_words(target) for target in targets}
    names = {entity_words(model.name) for model in models} | {entity_words(without)}
    found = []
    for model in models:
        own = entity_words(model.name)
        if own == entity_words(without):
            continue
        owned = tuple(_find_owned(project, own, model.place.path))
        routes = tuple(_find_routes(project, model, own, owned, names))
        if not _is_complete(routes):
            continue
        bonds = tuple(_find_bonds(project, model, own, routes))
        given = set(_body_fields(project, routes)) or set(_schema_fields(project, own))
        fields = tuple(_find_fields(project, model, own, given))
        score = _weigh(project, routes, owned, bonds, fields, wanted)
        others = [each for each in project.models.values() if entity_words(each.name) != entity_words(without)]
        collections = tuple(_find_collections(project, model, bonds, own))
        followers = frozenset(_find_followers(others, model, bonds))
        found.append(Exemplar(model, own, fields, bonds, routes, owned, score, collections, followers))
    return sorted(found, key=lambda each: (-each.score, each.name))


def is_about(path: str, own: tuple[str, ...]) -> bool:
    """Whether a file's name, or a folder that it lies in, names the entity and nothing but its role."""
    return own in _subjects_of(path)


def is_about_any(path: str, names: Set[tuple[str, ...]]) -> bool:
    """Whether a file is about one of the entities."""
    return not names.isdisjoint(_subjects_of(path))


@lru_cache(maxsize=4096)
def _subjects_of(path: str) -> frozenset[tuple[str, ...]]:
    place = PurePosixPath(path)
    stem = _entity_of(place.stem)
    return frozenset([stem] if stem else map(_entity_of, place.parts[:-1]))


def _entity_of(name: str) -> tuple[str, ...]:
    parts = [part for part in words(name) if part not in _ROLES]
    parts = parts[1:] if len(parts) > 1 and parts[0] in _DEEDS else parts
    return tuple(singularize("_".join(parts)).split("_")) if parts else ()


def _find_owned(project: Project, own: tuple[str, ...], home: str) -> Iterator[str]:
    """The files about the entity: those with a role, and whatever lies with its model in a folder of its own."""
    folders = _find_folders(project, own, home)
    for path in sorted(project.modules):
        layer = project.layers[path]
        if (path.startswith(folders) and layer != "migration") or (
            layer not in ("migration", "script", "other") and is_about(path, own)
        ):
            yield path


def _find_folders(project: Project, own: tuple[str, ...], home: str) -> tuple[str, ...]:
    """The folders of the entity's own, each with a slash behind: its model's, and those that hold its routes."""
    found = {_find_feature(home, own)}
    for route in project.api.routes:
        folder, _, _ = route.place.path.rpartition("/")
        if project.layers[route.place.path] not in ASIDE and _entity_of(folder.rpartition("/")[2]) == own:
            found.add(f"{folder}/")
    return tuple(sorted(found - {""}))


def _find_feature(home: str, own: tuple[str, ...]) -> str:
    """The folder of the entity's own that its model lies in, with a slash behind; empty where there is none."""
    parts = home.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        if _entity_of(parts[count - 1]) == own:
            return "/".join(parts[:count]) + "/"
    return ""


def _find_routes(
    project: Project, model: Model, own: tuple[str, ...], owned: tuple[str, ...], names: set[tuple[str, ...]]
) -> Iterator[Route]:
    renaming = Renaming(((own, ("\0",)),), find_longer(names, own))
    for route in project.api.routes:
        path = route.place.path
        if project.layers[path] in ASIDE:
            continue
        if path in owned or (
            renaming.concerns(route.function.rpartition(JOINT)[2]) and not is_about_any(path, names - {own})
        ):
            yield route


def _is_complete(routes: tuple[Route, ...]) -> bool:
    return any(map(_creates, routes)) and any("GET" in route.methods for route in routes)


def _creates(route: Route) -> bool:
    """Whether a route makes rows: by POST, or by PUT on the collection itself."""
    return "POST" in route.methods or ("PUT" in route.methods and not any("{" in path for path in route.paths))


def _find_fields(project: Project, model: Model, own: tuple[str, ...], given: Set[str]) -> Iterator[Column]:
    """The columns of its own; one with a default that nobody who makes a row may give is a habit, as timestamps are."""
    inherited = _inherited_names(project, model.symbol, own)
    for column in model.columns:
        if column.primary_key or column.foreign_key or column.name in inherited or _KEPT_COLUMN.match(column.name):
            continue
        if given and column.name not in given and (column.default or column.server_default):
            continue
        yield column


def _find_bonds(project: Project, model: Model, own: tuple[str, ...], routes: tuple[Route, ...]) -> Iterator[Bond]:
    by_table = {other.table: other for other in project.models.values() if other.table}
    by_name = {other.name: other for other in project.models.values()}
    inherited = _inherited_names(project, model.symbol, own)
    given = set(_body_fields(project, routes)) or set(_schema_fields(project, own))
    for column in model.columns:
        if not column.foreign_key or column.primary_key or column.name in inherited:
            continue
        head = column.foreign_key.rpartition(".")[0] or column.foreign_key
        target = by_table.get(head) or by_name.get(head) or by_table.get(head.rpartition(".")[2])
        if target is None:
            continue
        bond = column.name.removesuffix("_id")
        matching = [each for each in model.relationships if each.target == target.symbol]
        single = [each for each in matching if not _is_collection(project, model, each)]
        relationship = next((each for each in matching if each.name == bond), single[0] if single else None)
        inverse = relationship.back_populates if relationship else ""
        yield Bond(
            column.name,
            target,
            relationship.name if relationship else "",
            inverse,
            column.name in given,
            column.place.path,
        )


def _find_collections(project: Project, model: Model, bonds: tuple[Bond, ...], own: tuple[str, ...]) -> Iterator[str]:
    """The relationships of the model's own that lead to rows which refer to it, or go through a table between."""
    inherited = _inherited_names(project, model.symbol, own)
    taken = {bond.relationship for bond in bonds}
    for each in model.relationships:
        if each.name not in taken | inherited and _is_collection(project, model, each):
            yield each.name


def _find_followers(others: Iterable[Model], model: Model, bonds: tuple[Bond, ...]) -> Iterator[Symbol]:
    """The models with a foreign key to this one, those aside that it refers to itself."""
    near = {model.symbol, *(bond.target.symbol for bond in bonds)}
    for other in others:
        if other.symbol not in near and any(_leads_to(column, model) for column in other.columns):
            yield other.symbol


def _is_collection(project: Project, model: Model, relationship: Relationship) -> bool:
    """Whether a relationship is to many rows, or to one that refers to the model."""
    klass = project.klass(model.symbol)
    typed = any(each.name == relationship.name and each.annotation for each in (klass.fields if klass else ()))
    target = project.models.get(relationship.target)
    refers = target is not None and any(_leads_to(column, target) for column in model.columns)
    return bool(relationship.secondary) or not refers or (typed and relationship.collection)


def _leads_to(column: Column, model: Model) -> bool:
    head = column.foreign_key.rpartition(".")[0] or column.foreign_key
    return bool(column.foreign_key) and head in (model.table, model.name, model.table.rpartition(".")[2])


def _inherited_names(project: Project, symbol: Symbol, own: tuple[str, ...]) -> set[str]:
    """What a class inherits from classes that are not the entity's own."""
    renaming = Renaming(((own, ("\0",)),))
    return {
        field.name
        for ancestor in project.classes.ancestors(symbol)
        if (klass := project.klass(ancestor)) is not None and not renaming.concerns(klass.name)
        for field in klass.fields
    }


def _body_fields(project: Project, routes: tuple[Route, ...]) -> Iterator[str]:
    """What the bodies of requests that create the entity hold."""
    for route in routes:
        function = project.function(route.function)
        if function is None or not _creates(route):
            continue
        path = route.function.partition(JOINT)[0]
        for parameter in function.parameters:
            for name in re.findall(r"[\w.]+", parameter.annotation):
                if schema := project.schemas.get(project.resolve(path, name)):
                    yield from (field.name for field in schema.fields)


def _schema_fields(project: Project, own: tuple[str, ...]) -> Iterator[str]:
    """What the schemas that create the entity take."""
    renaming = Renaming(((own, ("\0",)),))
    for schema in project.schemas.values():
        if renaming.concerns(schema.name) and re.search(r"Create|New|In$|Param|Request|Add", schema.name):
            yield from (field.name for field in schema.fields)


def _weigh(
    project: Project,
    routes: tuple[Route, ...],
    owned: tuple[str, ...],
    bonds: tuple[Bond, ...],
    fields: tuple[Column, ...],
    wanted: set[tuple[str, ...]],
) -> float:
    """More for verbs, layers, tests and the same references; less for whatever else it holds."""
    methods = {method for route in routes for method in route.methods}
    layers = {project.layers[path] for path in owned}
    lines = sum(project.modules[path].outline.lines for path in owned)
    same = {entity_words(bond.target.name) for bond in bonds} & wanted
    strange = [bond for bond in bonds if entity_words(bond.target.name) not in wanted]
    return round(
        sum(verb in methods for verb in _VERBS)
        + len(layers & {"model", "schema", "service", "repository", "endpoint"})
        + 2 * ("test" in layers)
        + 2 * len(same)
        + 1.0 * bool(fields)
        - 0.7 * len(strange)
        - 6 * any("password" in field.name for field in fields)
        - 0.3 * max(0, len(routes) - 6)
        - 0.2 * max(0, len(fields) - 6)
        - lines / 400,
        2,
    )
