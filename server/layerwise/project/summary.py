"""Inspection: what a project has, a section at a time, within a token budget."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerwise.errors import UnknownNameError
from layerwise.project.conventions import read_conventions
from layerwise.project.graph import draw_mermaid, read_layer_graph
from layerwise.project.index import Project, read_project
from layerwise.project.layers import ASIDE
from layerwise.project.models import Column, Model
from layerwise.project.routes import Route
from layerwise.project.votes import Convention

_LIBRARIES = ("fastapi", "starlette", "sqlalchemy", "sqlmodel", "pydantic", "pydantic-settings", "alembic", "asyncpg")
_SURE = 0.7
_CHARACTERS_A_TOKEN = 4
_SHOWN_SKIPPED = 5
_NOTICE_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Inspection:
    """One section of what is true of a project; `facts` are JSON-ready, `notices` say what was not seen."""

    root: Path
    section: str
    facts: Mapping[str, Any]
    notices: tuple[str, ...]


def inspect(root: Path, *, section: str = "summary") -> Inspection:
    """One section (summary, routes, models, layers, conventions) of the project below `root`.

    Raises UnknownNameError for another section, InvalidInputError when `root` is not a folder that can be read.
    """
    if section not in _SECTIONS:
        raise UnknownNameError("section", section, _SECTIONS)
    project = read_project(root)
    return Inspection(root, section, _SECTIONS[section](project), _say_skipped(project))


def as_dict(found: Inspection, max_tokens: int | None = None) -> dict[str, Any]:
    """An inspection as the doors answer it; lists are cut, and counted, when it would cost more than `max_tokens`."""
    facts, notices = dict(found.facts), list(found.notices)
    answer = {"root": str(found.root), "section": found.section, "facts": facts, "notices": notices}
    if max_tokens is None:
        return answer
    budget = max_tokens * _CHARACTERS_A_TOKEN
    for name, items in found.facts.items():
        excess = len(json.dumps(answer)) - budget
        if excess <= 0:
            break
        if isinstance(items, list) and items:
            facts[name] = _fit(items, len(json.dumps(items)) - excess - _NOTICE_LENGTH)
            notices.append(f"{name}: {len(facts[name])} of {len(items)} shown; raise max_tokens for the rest.")
    return answer


def as_text(found: Inspection, max_tokens: int | None = None) -> str:
    """The same facts as Markdown."""
    answer = as_dict(found, max_tokens)
    lines = [f"# {found.section.capitalize()} of {found.root.name or found.root}"]
    for name, value in answer["facts"].items():
        lines += _render(name, value)
    lines += [f"> {notice}" for notice in answer["notices"]]
    return "\n".join(lines) + "\n"


def _fit(items: list[Any], characters: int) -> list[Any]:
    """As many of the first items as fit."""
    kept = []
    for item in items:
        characters -= len(json.dumps(item)) + 2
        if characters < 0:
            break
        kept.append(item)
    return kept


def _render(name: str, value: Any) -> list[str]:
    title = name.replace("_", " ")
    if name == "mermaid":
        return ["```mermaid", *str(value).splitlines(), "```"]
    if isinstance(value, list):
        return [f"## {title} ({len(value)})", *(f"- {_in_line(item)}" for item in value)]
    if isinstance(value, dict):
        return [f"- {title}: {_in_line(value)}"] if value else []
    return [f"- {title}: {value}"] if value not in ("", None) else []


def _in_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_line(item)}" for key, item in value.items() if item not in ("", [], {}, None))
    if isinstance(value, list):
        return "; ".join(map(_in_line, value))
    return str(value)


def _summarise(project: Project) -> dict[str, Any]:
    conventions = read_conventions(project).by_name
    layers = Counter(project.layers.values())
    settings = [schema for schema in project.settings.values() if project.layers[schema.place.path] not in ASIDE]
    return {
        "files": len(project.modules),
        "lines": project.lines,
        "versions": {
            name: version.number if version.exact else f">={version.number}"
            for name in _LIBRARIES
            if (version := project.versions.get(name))
        },
        "counts": {
            "routes": len(_served_routes(project)),
            "models": len(_own_models(project)),
            "schemas": sum(project.layers[schema.place.path] not in ASIDE for schema in project.schemas.values()),
            "tests": sum(
                function.name.startswith("test_")
                for path, module in project.modules.items()
                if project.layers[path] == "test"
                for function in module.outline.functions
            ),
        },
        "layers": {layer: count for layer, count in layers.most_common() if layer != "other"},
        "models": [model.name for model in _own_models(project)],
        "resources": _resources(project),
        "settings": [f"{schema.name} {schema.place}" for schema in settings],
        "conventions": {name: found.value for name, found in conventions.items() if found.confidence >= _SURE},
        "unsure": {name: found.value for name, found in conventions.items() if found.confidence < _SURE},
    }


def _resources(project: Project) -> list[str]:
    """The first part of the paths that follows what all routes share, with the number of routes below it."""
    found: Counter[str] = Counter()
    for route in _served_routes(project):
        for path in route.paths[:1]:
            parts = [part for part in path.split("/") if part and not part.startswith("{")]
            while len(parts) > 1 and (parts[0] == "api" or (parts[0][:1] == "v" and parts[0][1:].isdigit())):
                parts.pop(0)
            found["/" + (parts[0] if parts else "")] += 1
    return [f"{name} ({count})" for name, count in found.most_common()]


def _served_routes(project: Project) -> list[Route]:
    return [route for route in project.api.routes if project.layers[route.place.path] not in ASIDE]


def _own_models(project: Project) -> list[Model]:
    return [model for model in project.models.values() if project.layers[model.place.path] not in ASIDE]


def _list_routes(project: Project) -> dict[str, Any]:
    routes = []
    for route in _served_routes(project):
        for path in route.paths or (route.path,):
            row = {
                "route": f"{' '.join(route.methods)} {path}",
                "handler": route.function.rpartition("::")[2],
                "at": str(route.place),
                "response": route.response_model or route.returns,
                "status": route.status,
            }
            routes.append({key: value for key, value in row.items() if value})
    return {"routes": sorted(routes, key=lambda row: str(row["route"]).partition(" ")[2])}


def _list_models(project: Project) -> dict[str, Any]:
    return {
        "models": [
            {
                "model": model.name,
                "table": model.table,
                "at": str(model.place),
                "columns": [_describe(column) for column in model.columns],
                "relationships": [
                    f"{each.name} -> {each.target.rpartition('::')[2]}{' many' if each.collection else ''}"
                    f"{f' lazy={each.lazy}' if each.lazy else ''}"
                    for each in model.relationships
                ],
                "unique": [", ".join(sorted(key)) for key in model.unique if len(key) > 1],
            }
            for model in _own_models(project)
        ]
    }


def _describe(column: Column) -> str:
    """`email: str, String(255), unique, index`."""
    marks = [
        column.type,
        "null" if column.nullable else "",
        "primary key" if column.primary_key else "",
        "unique" if column.unique else "",
        "index" if column.index else "",
        f"-> {column.foreign_key}" if column.foreign_key else "",
    ]
    return f"{column.name}: {', '.join(mark for mark in (column.python, *marks) if mark)}"


def _show_layers(project: Project) -> dict[str, Any]:
    graph = read_layer_graph(project)
    return {
        "layers": {
            layer: sum(found == layer for found in project.layers.values())
            for layer in dict.fromkeys(project.layers.values())
        },
        "mermaid": draw_mermaid(graph),
        "upward_imports": [f"{edge.place}: {edge.source} imports {edge.target}" for edge in graph if edge.is_upward],
    }


def _list_conventions(project: Project) -> dict[str, Any]:
    return {"conventions": [_row(found) for found in read_conventions(project).by_name.values()]}


def _row(found: Convention) -> dict[str, Any]:
    return {
        "name": found.name,
        "value": found.value,
        "confidence": found.confidence,
        "for": found.votes_for,
        "against": found.votes_against,
        "evidence": [str(place) for place in found.evidence],
    }


def _say_skipped(project: Project) -> tuple[str, ...]:
    """What was not read, by reason, each with the first few paths."""
    by_reason: dict[str, list[str]] = {}
    for skipped in project.skipped:
        by_reason.setdefault(skipped.reason, []).append(skipped.path)
    notices = []
    for reason, paths in by_reason.items():
        more = f" and {len(paths) - _SHOWN_SKIPPED} more" if len(paths) > _SHOWN_SKIPPED else ""
        notices.append(f"Not read ({reason}): {', '.join(paths[:_SHOWN_SKIPPED])}{more}")
    return tuple(notices)


_SECTIONS: Mapping[str, Callable[[Project], dict[str, Any]]] = {
    "summary": _summarise,
    "routes": _list_routes,
    "models": _list_models,
    "layers": _show_layers,
    "conventions": _list_conventions,
}
