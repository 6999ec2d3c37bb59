"""Where things lie: package, layers or features, tests."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, layer_of_path
from layerwise.project.resolution import Place
from layerwise.project.votes import Convention, vote

_STACK = frozenset({"endpoint", "service", "repository", "model", "schema"})


def read_layout(project: Project) -> Iterator[Convention | None]:
    """The package root and the layout."""
    paths = [path for path in project.modules if project.layers[path] not in ASIDE]
    yield vote("package-root", _package_votes(project, paths))
    yield vote("layout", _layout_votes(project, paths))
    yield vote("imports", _import_votes(project, paths))


def _package_votes(project: Project, paths: list[str]) -> Iterator[tuple[str, Place]]:
    """The folder of the top package, one vote for each module of the stack in it."""
    telling = [path for path in paths if project.layers[path] in _STACK] or paths
    for path in telling:
        name = project.modules[path].name
        steps = path.removesuffix(".py").removesuffix("/__init__").split("/")
        top = "/".join(steps[: len(steps) - name.count(".")])
        package = "." in name or path.endswith("/__init__.py")
        yield (top if package else path.rpartition("/")[0] or "."), Place(path, 1)


def _layout_votes(project: Project, paths: list[str]) -> Iterator[tuple[str, Place]]:
    """A vote for each module with routes, by what stands around it.

    `feature`: files of other layers beside it; `layer`: folders of other layers beside its own or further up;
    `module`: so, in three neighbouring folders or more; `single-file`: routes and models in one module.
    """
    stack = _layers_by_folder(paths)
    routed = {route.place.path: route.place for route in project.api.routes}
    served = {path: routed[path] for path in paths if path in routed} or {
        path: Place(path, 1) for path in paths if layer_of_path(path) == "endpoint"
    }
    homes = {path: _find_home(path, stack) for path in served}
    beside = [path for path, home in homes.items() if home == path.rpartition("/")[0]]
    above = [path for path, home in homes.items() if home is not None and path not in beside]
    features = {homes[path] for path in beside}
    siblings = Counter(home.rpartition("/")[0] for home in {homes[path] for path in above} if home)
    for path in beside:
        yield ("feature" if len(features) > 1 else "layer"), served[path]
    for path in above:
        yield ("module" if max(siblings.values(), default=0) > 2 else "layer"), served[path]
    mapped = {model.place.path for model in project.models.values()}
    for path in homes:
        if homes[path] is None and path in mapped:
            yield "single-file", served[path]


def _layers_by_folder(paths: list[str]) -> Mapping[str, Set[str]]:
    """The layers that each folder's own files and the folders in it speak for, endpoints aside."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        folder, _, file = path.rpartition("/")
        if (layer := layer_of_path(file)) in _STACK:
            found[folder].add(layer)
        while folder:
            folder, _, name = folder.rpartition("/")
            if (layer := layer_of_path(f"{name}/_.py")) in _STACK:
                found[folder].add(layer)
    return found


def _find_home(path: str, stack: Mapping[str, Set[str]]) -> str | None:
    """The nearest folder around a module with routes that holds another layer of the stack; None when there is none."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if stack.get(folder, frozenset()) - {"endpoint"}:
            return folder
    return None


def _import_votes(project: Project, paths: list[str]) -> Iterator[tuple[str, Place]]:
    """How modules of the project import each other: absolute or relative; packages that only pass names on aside."""
    tops = {module.name.partition(".")[0] for module in project.modules.values()}
    for path in paths:
        if path.endswith("__init__.py"):
            continue
        for item in project.modules[path].outline.imports:
            if item.target.startswith("."):
                yield "relative", Place(path, item.line)
            elif item.target.partition(".")[0] in tops:
                yield "absolute", Place(path, item.line)
