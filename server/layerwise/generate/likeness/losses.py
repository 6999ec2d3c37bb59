"""Losses: functions that are about the exemplar's own fields and so have no counterpart, and what leans on them."""

import ast
from collections.abc import Iterator, Mapping, Set

from layerwise.generate.likeness.exemplar import Exemplar
from layerwise.project.index import Project
from layerwise.project.module import JOINT
from layerwise.project.text import split_lines

_Function = ast.FunctionDef | ast.AsyncFunctionDef


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


def drop_callers(text: str, lost: Set[str]) -> tuple[str, set[str]]:
    """A module without the plain functions that call what is lost, and the names of those; itself where none does.

    Decorated functions stay: frameworks call them, so that their loss would not show.
    """
    gone: set[str] = set()
    while True:
        tree = _parse(text)
        away = [
            node
            for node in tree.body
            if isinstance(node, _Function) and not node.decorator_list and _called(node) & (lost | gone)
        ]
        if not away:
            return text, gone
        gone |= {node.name for node in away}
        lines = split_lines(text)
        for node in reversed(away):
            del lines[node.lineno - 1 : node.end_lineno]
        text = "".join(lines)


def _called(function: _Function) -> set[str]:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {each.id for each in calls if isinstance(each, ast.Name)} - {function.name}


def find_lost(files: Mapping[str, str], created: Set[str], lost: Set[str]) -> Iterator[str]:
    """Where new files call functions that could not be carried over, a sentence each."""
    trees = {path: _parse(files[path]) for path in sorted(created)}
    defined = {node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, _Function)}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in lost - defined:
                yield f"Proof by names failed: {path}: {name} is about the exemplar's own fields"


def _parse(text: str) -> ast.Module:
    """The tree; an empty one for what cannot be parsed, which is a fault of its own."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
