"""How rules and queries are written: services, repositories, exceptions."""

from collections.abc import Iterator

from layerwise.project.habits.persistence import import_name
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, Layer
from layerwise.project.module import JOINT
from layerwise.project.resolution import Place
from layerwise.project.votes import Convention, vote


def read_logic(project: Project) -> Iterator[Convention | None]:
    """The form of services and repositories, the repository's base, the module of exceptions."""
    yield vote("service-form", _form_votes(project, "service", ("Service", "UseCase", "Manager")))
    yield vote("repository-form", _form_votes(project, "repository", ("Repository", "Repo", "CRUD", "DAO")))
    yield vote("repository-base", _repository_bases(project))
    yield vote("exceptions-module", _exception_votes(project, base=False))
    yield vote("exception-base", _exception_votes(project, base=True))


def _form_votes(project: Project, layer: Layer, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    """One vote for each class or free function of a layer: singleton, static, class or functions."""
    for module in project.modules.values():
        if project.layers[module.path] in ASIDE:
            continue
        single = {
            variable.value.partition("(")[0] for variable in module.variables.values() if variable.value.endswith(")")
        }
        classes = [
            klass
            for klass in module.outline.classes
            if klass.name.endswith(suffixes) or (klass.name.startswith("CRUD") and layer == "repository")
        ]
        for klass in classes:
            methods = list(module.methods(klass.qualname))
            static = sum("staticmethod" in method.decorators for method in methods)
            form = "singleton" if klass.name in single else "static methods" if static * 2 > len(methods) else "class"
            yield form, Place(module.path, klass.line)
        if project.layers[module.path] == layer and not classes:
            free = [each for each in module.outline.functions if not each.owner and not each.name.startswith("_")]
            yield from (("functions", Place(module.path, function.line)) for function in free)


def _repository_bases(project: Project) -> Iterator[tuple[str, Place]]:
    for symbol, klass in project.classes.all():
        path = symbol.partition(JOINT)[0]
        layer = project.layers[path]
        named = klass.name.endswith(("Repository", "Repo", "DAO")) or klass.name.startswith("CRUD")
        if layer in ASIDE or (not named and layer != "repository"):
            continue
        for base in project.classes.bases(symbol)[:1]:
            if base.rpartition(".")[2] not in ("object", "Protocol", "ABC", "Generic", "BaseModel"):
                yield import_name(project, base), Place(path, klass.line)


def _exception_votes(project: Project, *, base: bool) -> Iterator[tuple[str, Place]]:
    for symbol, klass in project.classes.all():
        path = symbol.partition(JOINT)[0]
        if project.layers[path] in ASIDE or not project.classes.inherits(symbol, "Exception", "HTTPException"):
            continue
        ancestors = [each for each in project.classes.ancestors(symbol) if JOINT in each]
        place = Place(path, klass.line)
        if not base:
            yield project.modules[path].name, place
        elif ancestors:
            yield import_name(project, ancestors[-1]), place
