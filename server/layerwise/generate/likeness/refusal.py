"""Refusals: projects whose way of keeping data or serving HTTP cannot be followed, with what can be done instead."""

from collections import Counter
from collections.abc import Sequence

from layerwise.generate.likeness.exemplar import Exemplar
from layerwise.generate.likeness.faults import Fault
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE

_MAPPERS = {
    "tortoise": "Tortoise ORM", "beanie": "Beanie", "piccolo": "Piccolo", "peewee": "Peewee",
    "mongoengine": "MongoEngine",
    "odmantic": "ODMantic", "pony": "Pony ORM", "ormar": "Ormar", "gino": "Gino", "django": "Django's ORM",
    "motor": "Motor", "pymongo": "PyMongo", "prisma": "Prisma",
}  # fmt: skip
_CONTAINERS = {
    "dependency_injector": "Dependency Injector", "punq": "punq", "lagom": "Lagom", "kink": "Kink",
    "injector": "Injector",
    "dishka": "Dishka", "wireup": "Wireup", "that_depends": "that-depends", "pythondi": "pythondi",
}  # fmt: skip
_MOST_SAID = 3
_INSTEAD = (
    "Write this resource like its neighbours by hand: `layerwise inspect` shows how they are laid out, `layerwise "
    "guide` what holds for every layer, and `layerwise review` checks the result."
)


def find_refusals(project: Project) -> tuple[str, ...]:
    """Why a resource cannot be added in the project's own style, each with what to do instead; empty where it can."""
    reasons = [*_other_mapper(project), *_class_controllers(project), *_containers(project)]
    return tuple(f"{reason} {_INSTEAD}" for reason in reasons)


def say_faults(name: str, exemplar: str, faults: Sequence[Fault], others: Sequence[str]) -> list[str]:
    """Why no attempt came out whole: what is wrong, in which files, and what can be done."""
    if not faults:
        return []
    said = " ".join(map(str, faults[:_MOST_SAID]))
    more = f" (and {len(faults) - _MOST_SAID} more of this kind)" if len(faults) > _MOST_SAID else ""
    rest = [other for other in others if other != exemplar]
    follow = f"Ask again with --set exemplar=NAME ({', '.join(rest[:5])}), or without references. " if rest else ""
    return [f"{name} cannot be made like {exemplar}, its nearest: {said}{more} {follow}{_INSTEAD}"]


def say_missing_layers(missing: Sequence[str], exemplar: Exemplar, there: Sequence[str]) -> str:
    """Why an asked layer is not written: the project gets by without."""
    listed = " and ".join(missing)
    return (
        f"{exemplar.name} ({exemplar.model.place}) has no {listed} of its own here, so a new one would have none to be "
        f"like. Ask for the whole resource, or for what is there: {', '.join(there)}."
    )


def say_account(exemplar: Exemplar) -> str:
    """Why nothing is followed where the only resource is an account."""
    return (
        f"The only resource with a model and routes is {exemplar.name} ({exemplar.model.place}), which keeps "
        f"passwords: an account's routes are no pattern for others. Ask with --set exemplar={exemplar.name} to "
        "follow it all the same, or write the first plain resource by hand (`layerwise guide layers`) and ask again."
    )


def _imported(project: Project, names: dict[str, str]) -> Counter[str]:
    """How many modules import each of these libraries."""
    found: Counter[str] = Counter()
    for path, module in project.modules.items():
        if project.layers[path] not in ASIDE:
            heads = {item.target.partition(".")[0] for item in module.outline.imports}
            found.update(heads & names.keys())
    return found


def _other_mapper(project: Project) -> list[str]:
    found = _imported(project, _MAPPERS)
    if not found or project.models:
        return []
    name, count = found.most_common(1)[0]
    return [
        f"Data are kept with {_MAPPERS[name]} here ({count} modules import {name}), and code is generated for "
        "SQLAlchemy and SQLModel only."
    ]


def _class_controllers(project: Project) -> list[str]:
    routes = [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]
    methods = [route for route in routes if _is_method(project, route.function)]
    if len(methods) * 2 <= len(routes) or not methods:
        return []
    return [
        f"Routes are methods of controller classes here (such as {methods[0].place}), and only routes that are "
        "functions are generated."
    ]


def _is_method(project: Project, symbol: str) -> bool:
    path, _, qualname = symbol.partition("::")
    return qualname.rpartition(".")[0] in project.modules[path].classes


def _containers(project: Project) -> list[str]:
    found = _imported(project, _CONTAINERS)
    served = {route.place.path for route in project.api.routes}
    wired = [
        path
        for path in sorted(served)
        if any(item.target.partition(".")[0] in _CONTAINERS for item in project.modules[path].outline.imports)
    ]
    if not found or not wired:
        return []
    name = found.most_common(1)[0][0]
    return [
        f"Layers are put together by {_CONTAINERS[name]}'s container here (such as in {wired[0]}), whose providers are "
        "not written."
    ]
