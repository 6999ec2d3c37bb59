"""Project: all that is true of a tree of Python files, each part worked out when it is first asked for."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from layerwise.project.cache import StoredFacts, load_facts, save_facts
from layerwise.project.calls import Calls
from layerwise.project.classes import Classes
from layerwise.project.entities import Entities
from layerwise.project.extract import extract_facts
from layerwise.project.facts import Body, Outline
from layerwise.project.inference import Inference
from layerwise.project.layers import Layer, LayerMap, layer_of_path
from layerwise.project.models import Model, find_models
from layerwise.project.module import Module, Symbol
from layerwise.project.naming import ModuleNames
from layerwise.project.reading import read_file, read_text
from layerwise.project.resolution import Index
from layerwise.project.routes import Api, find_api
from layerwise.project.schemas import Schema, find_schemas, find_settings
from layerwise.project.sessions import Sessions, find_sessions
from layerwise.project.syntax import describe_error
from layerwise.project.tree import Skipped, walk_tree
from layerwise.project.versions import Version, find_versions


class Project(Index):
    """An index with everything that can be read off it; `layer_map` is the project's own map of its layers."""

    layer_map: LayerMap | None = None

    @cached_property
    def classes(self) -> Classes:
        """The class hierarchy."""
        return Classes(self)

    @cached_property
    def types(self) -> Inference:
        """What expressions are."""
        return Inference(self, self.classes)

    @cached_property
    def calls(self) -> Calls:
        """The call graph."""
        return Calls(self, self.types)

    @cached_property
    def api(self) -> Api:
        """Routers, includes and routes."""
        return find_api(self, self.types.annotations)

    @cached_property
    def sessions(self) -> Sessions:
        """Session makers, dependencies and who asks for them."""
        return find_sessions(self, self.types)

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The layer of every module by path: what its path says, else what it defines."""
        return assign_layers(self)

    @cached_property
    def versions(self) -> Mapping[str, Version]:
        """The versions of libraries by normalised name; empty for texts that lie nowhere."""
        return find_versions(self.root, ("", *(root for root in self.names.roots if root))) if self.root else {}

    @cached_property
    def uses_async_sessions(self) -> bool:
        """Whether the project imports anything from SQLAlchemy's or SQLModel's asyncio parts."""
        return any(
            item.target.startswith(("sqlalchemy.ext.asyncio", "sqlmodel.ext.asyncio"))
            for module in self.modules.values()
            for item in module.outline.imports
        )

    @cached_property
    def models(self) -> Mapping[Symbol, Model]:
        """The mapped classes by symbol."""
        return find_models(self, self.classes)

    @cached_property
    def entities(self) -> Entities:
        """The rows that functions hold."""
        return Entities(self, self.classes, self.types, self.models)

    @cached_property
    def schemas(self) -> Mapping[Symbol, Schema]:
        """The Pydantic classes by symbol, settings aside."""
        return find_schemas(self.classes)

    @cached_property
    def settings(self) -> Mapping[Symbol, Schema]:
        """The settings classes by symbol."""
        return find_settings(self.classes)


def read_project(root: Path, *, cache: bool = True, layer_map: LayerMap | None = None) -> Project:
    """The project below `root`; facts of unchanged files come from the user's cache folder unless `cache` is false.

    Raises InvalidInputError when `root` is not a folder that can be read.
    """
    tree = walk_tree(root)
    known = load_facts(root) if cache else {}
    used: dict[str, StoredFacts] = {}
    files: dict[str, _File] = {}
    skipped = list(tree.skipped)
    for path in tree.files:
        found = read_file(root / path, path, known)
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            used[found.key] = found.stored
            files[path] = _File(found.outline, found.stored.decode_bodies, partial(read_text, root / path))
    if cache and used.keys() - known.keys():
        save_facts(root, used)
    project = _assemble(root, files, skipped)
    project.layer_map = layer_map
    return project


def build_project(texts: Mapping[str, str], trees: Mapping[str, ast.Module] | None = None) -> Project:
    """The project that consists of `texts` by POSIX path; `trees` spares parsing them again."""
    files: dict[str, _File] = {}
    skipped = []
    for path, text in texts.items():
        try:
            found = extract_facts(text, (trees or {}).get(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            skipped.append(Skipped(path, describe_error(error)))
        else:
            files[path] = _File(found.outline, partial(getattr, found, "bodies"), partial(texts.get, path))
    return _assemble(None, files, skipped)


def lay_over(project: Project, texts: Mapping[str, str]) -> Project:
    """The project as it would be with `texts` by POSIX path in the place of its files, or beside them."""
    drafts = build_project(texts)
    files = {path: module for path, module in project.modules.items() if path not in texts} | {**drafts.modules}
    names = ModuleNames({path: module.outline for path, module in files.items()})
    modules = {path: module.named(names.by_path[path]) for path, module in files.items()}
    skipped = (*(each for each in project.skipped if each.path not in texts), *drafts.skipped)
    laid = Project(project.root, modules, names, skipped)
    laid.layer_map = project.layer_map
    return laid


def assign_layers(project: Project) -> Mapping[str, Layer]:
    """The layer of every module by path: what its path says, else what it defines."""
    by_content: dict[str, Layer] = {schema.place.path: "schema" for schema in project.schemas.values()}
    by_content |= dict.fromkeys((model.place.path for model in project.models.values()), "model")
    by_content |= dict.fromkeys((route.place.path for route in project.api.routes), "endpoint")
    by_path = {path: layer_of_path(path, project.layer_map) for path in project.modules}
    return {path: by_content.get(path, layer) if layer == "other" else layer for path, layer in by_path.items()}


@dataclass(frozen=True, slots=True)
class _File:
    """What a module is made of."""

    outline: Outline
    load_bodies: Callable[[], tuple[Body, ...]]
    load_text: Callable[[], str | None]


def _assemble(root: Path | None, files: Mapping[str, _File], skipped: list[Skipped]) -> Project:
    outlines = {path: file.outline for path, file in files.items()}
    names = ModuleNames(outlines)
    modules = {
        path: Module(path, names.by_path[path], file.outline, file.load_bodies, file.load_text)
        for path, file in files.items()
    }
    partly = (
        Skipped(path, f"read in part: {outline.problem}") for path, outline in outlines.items() if outline.problem
    )
    return Project(root, modules, names, (*skipped, *partly))
