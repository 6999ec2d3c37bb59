"""Losses: functions that are about the exemplar's own fields and so have no counterpart, and who calls them."""

import ast
from collections.abc import Iterator, Mapping, Set

from layerwise.generate.likeness.exemplar import Exemplar
from layerwise.generate.likeness.faults import Fault
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.module import JOINT


def find_inherited(project: Project, exemplar: Exemplar) -> frozenset[str]:
    """The methods of the exemplar's classes that only narrow one of a shared base class: without them, that one serves.

    A method with parameters that the base's lacks is not among them.
    """
    found = set()
    for path in exemplar.owned:
        for klass in project.modules[path].outline.classes:
            for method in project.modules[path].methods(klass.qualname):
                takes = {each.name for each in method.parameters}
                for ancestor in project.classes.ancestors(f"{path}{JOINT}{klass.qualname}"):
                    base = project.function(f"{ancestor}.{method.name}")
                    outside = ancestor.partition(JOINT)[0] not in exemplar.owned
                    if base is not None and outside and takes <= {each.name for each in base.parameters}:
                        found.add(method.name)
    return frozenset(found)


def list_functions(files: Mapping[str, str], paths: Set[str]) -> set[str]:
    """The names of all functions and methods that these files define."""
    trees = (_parse(files[path]) for path in paths)
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, FunctionNode)}


def find_lost(
    files: Mapping[str, str], created: Set[str], lost: Set[str], members: Set[tuple[str, str]]
) -> Iterator[Fault]:
    """Where new files call what could not be carried over: functions, and `members` as pairs of class and method.

    A method whose name other classes have, too, counts where its class is named in the file.
    """
    defined = list_functions(files, created)
    for path in sorted(created):
        tree = _parse(files[path])
        shared = {method for owner, method in members if method in defined and owner in _reads(tree)}
        for name in dict.fromkeys(_called(tree, shared)):
            if name in shared or name in lost - defined:
                yield Fault("losses", path, name)


def _called(tree: ast.Module, shared: Set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if node.attr not in shared or not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield node.attr
        elif isinstance(node, ast.Name) and node.id not in shared:
            yield node.id


def _reads(tree: ast.Module) -> set[str]:
    """The names that a module imports or reads, its own classes aside."""
    own = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - own


def _parse(text: str) -> ast.Module:
    """The tree; an empty one for what cannot be parsed, which is a fault of its own."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
