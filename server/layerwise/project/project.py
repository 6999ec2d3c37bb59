"""Project: all that is true of a tree of Python files, each part worked out when it is first asked for."""

import ast
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from layerwise.project.cache import StoredFacts, load_facts, save_facts, store_facts
from layerwise.project.calls import Calls
from layerwise.project.classes import Classes
from layerwise.project.extract import extract_facts
from layerwise.project.facts import Outline
from layerwise.project.index import Index
from layerwise.project.inference import Inference
from layerwise.project.models import Model, find_models
from layerwise.project.module import Module, Symbol
from layerwise.project.naming import ModuleNames
from layerwise.project.reading import read_file, read_text, say_why
from layerwise.project.routes import Api, find_api
from layerwise.project.schemas import Schema, find_schemas, find_settings
from layerwise.project.sessions import Sessions, find_sessions
from layerwise.project.tree import Skipped, walk_tree


class Project(Index):
    """An index with everything that can be read off it."""

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
    def models(self) -> Mapping[Symbol, Model]:
        """The mapped classes by symbol."""
        return find_models(self, self.classes)

    @cached_property
    def schemas(self) -> Mapping[Symbol, Schema]:
        """The Pydantic classes by symbol, settings aside."""
        return find_schemas(self.classes)

    @cached_property
    def settings(self) -> Mapping[Symbol, Schema]:
        """The settings classes by symbol."""
        return find_settings(self.classes)


def read_project(root: Path, *, cache: bool = True) -> Project:
    """The project below `root`; facts of unchanged files come from the user's cache folder unless `cache` is false.

    Raises InvalidInputError when `root` is not a folder that can be read.
    """
    tree = walk_tree(root)
    known = load_facts(root) if cache else {}
    facts: dict[str, StoredFacts] = {}
    outlines: dict[str, Outline] = {}
    skipped = list(tree.skipped)
    used: dict[str, StoredFacts] = {}
    for path in tree.files:
        read = read_file(root / path, path, known)
        if isinstance(read, Skipped):
            skipped.append(read)
        else:
            key, facts[path], outlines[path] = read
            used[key] = facts[path]
    if cache and used.keys() - known.keys():
        save_facts(root, used)
    return _assemble(root, facts, outlines, lambda path: read_text(root / path), tuple(skipped))


def build_project(texts: Mapping[str, str], trees: Mapping[str, ast.Module] | None = None) -> Project:
    """The project that consists of `texts` by POSIX path; `trees` spares parsing them again."""
    facts: dict[str, StoredFacts] = {}
    outlines: dict[str, Outline] = {}
    skipped = []
    for path, text in texts.items():
        try:
            found = extract_facts(text, (trees or {}).get(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            skipped.append(Skipped(path, say_why(error)))
        else:
            facts[path], outlines[path] = store_facts(found), found.outline
    return _assemble(None, facts, outlines, texts.get, tuple(skipped))


def _assemble(
    root: Path | None,
    facts: Mapping[str, StoredFacts],
    outlines: Mapping[str, Outline],
    load_text: Callable[[str], str | None],
    skipped: tuple[Skipped, ...],
) -> Project:
    names = ModuleNames(outlines)
    modules = {
        path: Module(
            path,
            names.by_path[path],
            outline,
            facts[path].decode_bodies,
            lambda path=path: load_text(path),  # type: ignore[misc]
        )
        for path, outline in outlines.items()
    }
    return Project(root, modules, names, skipped)
