"""How rules and queries are written: services, repositories, exceptions."""

from collections.abc import Iterator
from typing import NamedTuple

from layerwise.project.habits.persistence import import_name
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, Layer
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place
from layerwise.project.votes import Convention, vote


class _Names(NamedTuple):
    """How the classes of a layer begin or end."""

    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]


_SERVICE = _Names((), ("Service", "UseCase"))
_QUERY_LIBRARIES = frozenset({"sqlalchemy", "sqlmodel", "fastcrud", "sqlalchemy_crud_plus", "advanced_alchemy"})
_REPOSITORY = _Names(("CRUD", "Repository"), ("Repository", "Repo", "CRUD", "DAO", "Dao"))


def read_logic(project: Project) -> Iterator[Convention | None]:
    """The form of services and repositories, the repository's base, the module of exceptions."""
    yield vote("service-form", _form_votes(project, "service", _SERVICE))
    yield vote("repository-form", _form_votes(project, "repository", _REPOSITORY))
    yield vote("repository-base", _repository_bases(project))
    yield vote("exceptions-module", _module_votes(project))
    yield vote("exception-base", _base_votes(project))


def _form_votes(project: Project, layer: Layer, names: _Names) -> Iterator[tuple[str, Place]]:
    """One vote for each class of a layer, or for each module of it that holds functions alone."""
    for module in project.modules.values():
        if project.layers[module.path] in ASIDE:
            continue
        single = {
            variable.value.partition("(")[0]: variable.line
            for variable in module.variables.values()
            if variable.value.endswith(")")
        }
        classes = [
            klass for klass in module.outline.classes if _is_named(project, module.symbol(klass.qualname), names)
        ]
        for klass in classes:
            methods = list(module.methods(klass.qualname))
            static = sum("staticmethod" in method.decorators for method in methods)
            form = "singleton" if klass.name in single else "static methods" if static * 2 > len(methods) else "class"
            yield form, Place(module.path, klass.line)
        if classes:
            continue
        for name, line in single.items():
            if name.startswith(names.prefixes) or name.endswith(names.suffixes):
                yield "singleton", Place(module.path, line)
        if project.layers[module.path] == layer and not single and not module.outline.classes:
            free = [each for each in module.outline.functions if not each.owner and not each.name.startswith("_")]
            yield from (("functions", Place(module.path, function.line)) for function in free[:1])


def _is_named(project: Project, symbol: Symbol, names: _Names) -> bool:
    """Whether a class is one of a layer by its name; data classes, and repositories of anything but rows, are not."""
    path, _, qualname = symbol.partition(JOINT)
    name = qualname.rpartition(".")[2]
    return (
        (name.startswith(names.prefixes) or name.endswith(names.suffixes))
        and symbol not in project.schemas
        and symbol not in project.models
        and (names is not _REPOSITORY or _touches_rows(project, path))
    )


def _touches_rows(project: Project, path: str) -> bool:
    """Whether a module imports a library of queries or a model."""
    found = (project.resolve(path, item.name) for item in project.modules[path].outline.imports)
    return any(symbol in project.models or symbol.partition(".")[0] in _QUERY_LIBRARIES for symbol in found)


def _repository_bases(project: Project) -> Iterator[tuple[str, Place]]:
    for symbol, klass in project.classes.all():
        path = symbol.partition(JOINT)[0]
        if project.layers[path] in ASIDE or not _is_named(project, symbol, _REPOSITORY):
            continue
        for base in project.classes.bases(symbol)[:1]:
            if base.rpartition(".")[2] not in ("object", "Protocol", "ABC", "Generic", "BaseModel"):
                yield import_name(project, base), Place(path, klass.line)


def _module_votes(project: Project) -> Iterator[tuple[str, Place]]:
    """The modules from which code imports what it raises; where it raises none of its own, those that define any."""
    found = list(_raised(project))
    yield from found or ((project.modules[place.path].name, place) for place in _defined(project).values())


def _raised(project: Project) -> Iterator[tuple[str, Place]]:
    for module in project.modules.values():
        if project.layers[module.path] in ASIDE:
            continue
        for body in module.bodies.values():
            for name in body.raises:
                first, dotted, _ = name.partition(".")
                item = module.imports.get(first)
                home = item and project.find_module(
                    item.target if dotted else item.target.rpartition(".")[0], module.path
                )
                if item and home:
                    yield project.modules[home].name, Place(module.path, item.line)


def _base_votes(project: Project) -> Iterator[tuple[str, Place]]:
    for symbol, place in _defined(project).items():
        ancestors = [each for each in project.classes.ancestors(symbol) if JOINT in each]
        if ancestors:
            yield import_name(project, ancestors[-1]), place


def _defined(project: Project) -> dict[Symbol, Place]:
    """The exceptions that the project defines."""
    return {
        symbol: Place(symbol.partition(JOINT)[0], klass.line)
        for symbol, klass in project.classes.all()
        if project.layers[symbol.partition(JOINT)[0]] not in ASIDE
        and project.classes.inherits(symbol, "Exception", "HTTPException")
    }
