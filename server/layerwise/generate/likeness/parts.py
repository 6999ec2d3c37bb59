"""Parts: of a resource in a project's own style the asked layers alone, with what they must import."""

from collections.abc import Iterable, Iterator, Mapping

from layerwise.generate.likeness.leaving import Draft
from layerwise.generate.likeness.likeness import Likeness
from layerwise.project.index import Project, lay_over
from layerwise.project.layers import Layer
from layerwise.project.module import JOINT

# What a wish calls a layer, and what a project's file of it is called.
_LAYERS: Mapping[str, tuple[Layer, ...]] = {
    "model": ("model",), "schemas": ("schema",), "repository": ("repository",), "service": ("service",),
    "endpoint": ("endpoint", "dependency"), "router": ("endpoint",), "deps": ("dependency",),
    "migration": ("migration",), "tests": ("test",),
}  # fmt: skip
_STACK = ("model", "schemas", "repository", "service", "endpoint")


def list_layers(likeness: Likeness) -> list[str]:
    """The layers of the stack that the exemplar has a file of, as a wish calls them."""
    there = {likeness.project.layers[path] for path in (*likeness.exemplar.owned, *likeness.shared)}
    return [name for name in _STACK if there & set(_LAYERS[name])]


def find_missing_layers(likeness: Likeness, asked: Iterable[str]) -> list[str]:
    """The asked layers that the exemplar has no file of."""
    there = list_layers(likeness)
    return [name for name in asked if name in _STACK and name not in there]


def keep_parts(likeness: Likeness, draft: Draft, asked: Iterable[str]) -> list[Layer]:
    """Take all out of the draft but the asked layers and what they import; gives the layers that came along.

    A file that the project has already under a new file's path serves as it is, unless it is asked for.
    """
    wanted = {layer for name in asked for layer in _LAYERS.get(name, ())}
    project = likeness.project
    own = {path for path in draft.files if _layer(likeness, path) in wanted}
    for path in draft.created & project.modules.keys() - own:
        del draft.files[path]
        draft.created.discard(path)
    leads = _list_imports(project, draft)
    kept = own & (draft.created | set(likeness.shared)) or own
    queue = list(kept)
    while queue:
        for path in leads[queue.pop()] - kept:
            kept.add(path)
            queue.append(path)
    modelled = likeness.exemplar.model.place.path
    if {modelled, likeness.rename(modelled)} & kept:
        kept |= {path for path in draft.files if _layer(likeness, path) == "migration"}
    # What only makes new files known stays where all of these do.
    wiring = {path for path in draft.files if path not in draft.created and path not in likeness.shared}
    kept |= {path for path in wiring if leads[path] and leads[path] <= kept | wiring}
    brought = sorted({_layer(likeness, path) for path in kept & draft.created} - wanted - {"other"})
    for path in draft.files.keys() - kept:
        del draft.files[path]
        draft.created.discard(path)
    return brought


def _layer(likeness: Likeness, path: str) -> Layer:
    """The layer of a file, a new one's being that of the file that it is like."""
    layers = likeness.project.layers
    like = next((old for old in likeness.exemplar.owned if likeness.rename(old) == path), path)
    return layers.get(like, "migration")


def _list_imports(project: Project, draft: Draft) -> dict[str, set[str]]:
    """For each file of the draft the others of it that its new imports lead to."""
    after = lay_over(project, draft.files)
    return {path: set(_imported(after, project, draft, path)) for path in draft.files}


def _imported(after: Project, before: Project, draft: Draft, path: str) -> Iterator[str]:
    module = after.modules.get(path)
    edited = path in before.modules and path not in draft.created
    old = {item.name for item in before.modules[path].outline.imports} if edited else set()
    for item in module.outline.imports if module else ():
        if item.name in old:
            continue
        symbol = after.resolve(path, item.name)
        home = symbol.partition(JOINT)[0] if JOINT in symbol else after.find_module(item.target, path)
        if home in draft.files and home != path:
            yield home
