"""Rows in functions: where attributes of rows are read, and which of them would load something."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerwise.project.entities import Entity
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.models import Model, Relationship
from layerwise.project.module import Symbol

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LAZY = frozenset({"", "select", "True", "raise", "raise_on_sql"})


@dataclass(frozen=True, slots=True)
class Read:
    """An attribute read off a name that holds a row."""

    node: ast.Attribute
    entity: Entity


def walk_inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, in the order in which they are written, without those of functions and lambdas inside."""
    pending = [*ast.iter_child_nodes(node)][::-1]
    while pending:
        child = pending.pop()
        if not isinstance(child, _SCOPES):
            yield child
            pending += [*ast.iter_child_nodes(child)][::-1]


def find_reads(project: Project, symbol: Symbol, node: FunctionNode) -> Iterator[Read]:
    """Every attribute that a function reads off its rows, with the row as it was bound at that place.

    Reads off what a loaded relationship leads to, such as `name` in `post.author.name`, are among them.
    """
    entities = project.entities.of(symbol)
    rebound = bound_lines(node)
    comprehended = dict(_comprehended(node, entities))
    for inner in walk_inside(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Load):
            entity = _entity_under(project, inner, entities, rebound, comprehended)
            if entity is not None:
                yield Read(inner, entity)


def _entity_under(
    project: Project,
    node: ast.Attribute,
    entities: tuple[Entity, ...],
    rebound: dict[str, list[int]],
    comprehended: dict[int, Entity],
) -> Entity | None:
    """The row that an attribute is read off: a name, or a relationship to one row of a row."""
    if isinstance(node.value, ast.Name):
        return comprehended.get(id(node)) or entity_at(entities, rebound, node.value.id, node.lineno)
    if not isinstance(node.value, ast.Attribute):
        return None
    above = _entity_under(project, node.value, entities, rebound, comprehended)
    relationship = project.models[above.model].relationship(node.value.attr) if above and not above.many else None
    if above is None or relationship is None or relationship.collection or relationship.target not in project.models:
        return None
    if above.loads is None or relationship.name not in above.loads:
        return None
    start = f"{relationship.name}."
    below = frozenset(path.removeprefix(start) for path in above.loads if path.startswith(start) or path == "*")
    name = f"{above.name}.{relationship.name}"
    return replace(above, name=name, model=relationship.target, loads=below, start=None)


def entity_at(entities: tuple[Entity, ...], rebound: dict[str, list[int]], name: str, line: int) -> Entity | None:
    """The row that a name holds at a line; None when something else was bound to it since."""
    last = max((bound for bound in rebound.get(name, ()) if bound < line), default=0)
    found = [entity for entity in entities if entity.name == name and entity.line <= line]
    return found[-1] if found and found[-1].line >= last else None


def bound_lines(node: FunctionNode) -> dict[str, list[int]]:
    """The lines in which a function binds each name."""
    found: dict[str, list[int]] = {}
    for inner in walk_inside(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store | ast.Del):
            found.setdefault(inner.id, []).append(inner.lineno)
    return found


def _comprehended(node: FunctionNode, entities: tuple[Entity, ...]) -> Iterator[tuple[int, Entity]]:
    """The reads inside `[row.name for row in rows]`, by identity, with the row that the comprehension binds."""
    for inner in walk_inside(node):
        if not isinstance(inner, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            continue
        for generator in inner.generators:
            target, source = generator.target, generator.iter
            if not isinstance(target, ast.Name) or not isinstance(source, ast.Name):
                continue
            rows = [each for each in entities if each.name == source.id and each.many and each.line <= source.lineno]
            for below in ast.walk(inner) if rows else ():
                if (
                    isinstance(below, ast.Attribute)
                    and isinstance(below.value, ast.Name)
                    and below.value.id == target.id
                ):
                    yield id(below), replace(rows[-1], name=target.id, many=False)


def lazy_relationship(model: Model, entity: Entity, name: str) -> Relationship | None:
    """The relationship that reading `name` would load by itself; None when it is loaded, or is none."""
    relationship = model.relationship(name)
    if relationship is None or relationship.lazy not in _LAZY or entity.loads is None:
        return None
    return None if entity.loads & {name, "*"} else relationship
