"""Where things lie: package, layers or features, tests."""

from collections import defaultdict
from collections.abc import Iterator

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
        depth = path.count("/") - name.count(".")
        top = "/".join(path.split("/")[: depth + 1])
        yield (top if "." in name or top != path else path.rpartition("/")[0] or "."), Place(path, 1)


def _layout_votes(project: Project, paths: list[str]) -> Iterator[tuple[str, Place]]:
    """Votes of folders: for `feature` when files of several layers stand together, for `layer` when one fills a folder.

    `module` is a layout of features that have a folder for each layer.
    """
    layers: dict[str, dict[str, str]] = defaultdict(dict)
    for path in paths:
        layer = layer_of_path(path)
        folder, _, file = path.rpartition("/")
        if layer in _STACK and file != "__init__.py":
            layers[folder].setdefault(layer, path)
    features = {folder: found for folder, found in layers.items() if len(found) >= 2}
    pure = {folder: found for folder, found in layers.items() if len(found) == 1}
    if not layers:
        if project.api.routes and project.models:
            yield "single-file", project.api.routes[0].place
        return
    if len(features) >= 2:
        yield from (("feature", Place(next(iter(found.values())), 1)) for found in features.values())
    parents: dict[str, set[str]] = defaultdict(set)
    for folder, found in pure.items():
        parents[folder.rpartition("/")[0]] |= set(found)
    modules = {parent for parent, kinds in parents.items() if len(kinds) >= 2}
    name = "module" if len(modules) >= 3 else "layer"
    yield from ((name, Place(next(iter(found.values())), 1)) for found in pure.values())
    if len(features) == 1 and not pure:
        yield "layer", Place(next(iter(next(iter(features.values())).values())), 1)


def _import_votes(project: Project, paths: list[str]) -> Iterator[tuple[str, Place]]:
    """How modules of the project import each other: absolute or relative."""
    tops = {module.name.partition(".")[0] for module in project.modules.values()}
    for path in paths:
        for item in project.modules[path].outline.imports:
            if item.target.startswith("."):
                yield "relative", Place(path, item.line)
            elif item.target.partition(".")[0] in tops:
                yield "absolute", Place(path, item.line)
