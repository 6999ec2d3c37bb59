"""Context: what a check may ask about the file under review."""

import ast
from collections.abc import Iterator
from functools import cached_property

from layerwise.project.layers import Layer, LayerMap, layer_of_path
from layerwise.review.classes import Classes
from layerwise.review.imports import Imports
from layerwise.review.layers import layer_of_class, layer_of_content
from layerwise.review.names import Names
from layerwise.review.queries import Queries
from layerwise.review.routes import Route, find_routes
from layerwise.review.sessions import Sessions
from layerwise.review.source import Source
from layerwise.review.tree import Function, Tree


class Context:
    """One file under review. Everything beyond the tree is worked out when a check first asks for it."""

    def __init__(self, source: Source, root: ast.Module, layer_map: LayerMap | None = None) -> None:
        self.source = source
        self.path = source.path
        self.tree = Tree(root)
        self.names = Names(self.tree)
        self._layer_map = layer_map

    @cached_property
    def sessions(self) -> Sessions:
        """The database sessions of the file."""
        return Sessions(self.tree, self.names)

    @cached_property
    def queries(self) -> Queries:
        """The SQLAlchemy statements of the file."""
        return Queries(self.tree, self.names)

    @cached_property
    def classes(self) -> Classes:
        """The schemas, models and settings of the file."""
        return Classes(self.tree, self.names)

    @cached_property
    def imports(self) -> Imports:
        """Edits that add or remove an import."""
        return Imports(self.source, self.tree, self.names)

    @cached_property
    def routes(self) -> list[Route]:
        """The path operations of the file."""
        return list(find_routes(self.tree, self.names))

    @cached_property
    def route_functions(self) -> dict[Function, Route]:
        """The functions that handle a path operation."""
        return {route.function: route for route in self.routes}

    @cached_property
    def file_layer(self) -> Layer:
        """The layer of the file: from its path, else from what it defines."""
        named = layer_of_path(self.path, self._layer_map)
        if named == "endpoint" and "fastapi" not in self.names.modules:
            return "other"
        if named not in ("other", "core"):
            return named
        told = layer_of_content(self.tree, self.names)
        return named if told == "other" else told

    @cached_property
    def subjects(self) -> frozenset[object]:
        """What the file holds that a rule may be about, as `Rule.subjects` has it."""
        return frozenset({*self.tree.kinds, *self.tree.callees, *self.names.aliases, *([Route] if self.routes else ())})

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """The calls whose callee's last name is one of `names`, or an alias that the file imports one under."""
        yield from self.tree.calls(*names, *(alias for name in names for alias in self.names.aliases.get(name, ())))

    def layer(self, node: ast.AST) -> Layer:
        """The layer that `node` belongs to: the route or the named class around it decides before the file does."""
        if self.file_layer in ("test", "migration", "script"):
            return self.file_layer
        for around in (node, *self.tree.ancestors(node)):
            if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef) and around in self.route_functions:
                return "endpoint"
            if isinstance(around, ast.ClassDef) and not self._is_placed and (layer := layer_of_class(around)):
                return layer
        return self.file_layer

    @cached_property
    def _is_placed(self) -> bool:
        """Whether the path says that the file holds routes, so that class names say nothing else."""
        return layer_of_path(self.path, self._layer_map) in ("endpoint", "dependency", "schema", "model")

    def text(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The text of `node` as written, cut to one short line for messages."""
        text = " ".join(self.source.segment(node).split())
        return text if len(text) <= 60 else f"{text[:59]}…"
