"""How the database's schema moves: Alembic's set-up, its folder of revisions, the heads among them."""

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

from layerwise.project.expressions import parse_expression, text_literal
from layerwise.project.index import Project
from layerwise.project.resolution import Place
from layerwise.project.versions import read_table
from layerwise.project.votes import Convention, vote


def read_migrations(project: Project) -> Iterator[Convention | None]:
    """Where Alembic is set up, where its revisions lie, and the heads in the folder that holds most of them."""
    revisions = dict(_find_revisions(project))
    below = {parent for _, (_, parents) in revisions.items() for parent in parents}
    folders = [(_versions_folder(place.path), place) for place, _ in revisions.values()]
    configs = dict(_find_configs(project, {name for name, _ in folders}))
    yield vote("alembic-config", ((path, Place(path, 1)) for path in configs))
    versions = vote("alembic-versions", folders or [(folder, Place(path, 1)) for path, folder in configs.items()])
    yield versions
    heads = {
        revision: place
        for revision, (place, _) in revisions.items()
        if versions and revision not in below and _versions_folder(place.path) == versions.value
    }
    if heads:
        certainty = 1.0 if len(heads) == 1 else 0.6
        yield Convention("alembic-heads", " ".join(sorted(heads)), certainty, tuple(heads.values())[:3], len(heads))


def _find_revisions(project: Project) -> Iterator[tuple[str, tuple[Place, frozenset[str]]]]:
    """Revisions by name: their place and those that they come after."""
    for module in project.modules.values():
        own = module.variables.get("revision")
        if own is None or "down_revision" not in module.variables:
            continue
        if revision := text_literal(parse_expression(own.value)):
            below = parse_expression(module.variables["down_revision"].value)
            parents = (text_literal(node) for node in ast.walk(below) if isinstance(node, ast.expr)) if below else ()
            yield revision, (Place(module.path, own.line), frozenset(parents))


def _versions_folder(path: str) -> str:
    """The folder of a revision, without folders for years or months below it."""
    folder = path.rpartition("/")[0]
    while folder.rpartition("/")[2].isdigit():
        folder = folder.rpartition("/")[0]
    return folder


def _find_configs(project: Project, versions: set[str]) -> Iterator[tuple[str, str]]:
    """`alembic.ini`, or a `pyproject.toml` with Alembic's table, each with the folder of revisions that it names."""
    if project.root is None:
        return
    folders = {"", *project.names.roots}
    for folder in versions:
        while folder:
            folder = folder.rpartition("/")[0]
            folders.add(folder)
    for folder in sorted(folders):
        start = f"{folder}/" if folder else ""
        location = _read_location(project.root / folder / "alembic.ini")
        if location is not None:
            yield f"{start}alembic.ini", _join(start, location)
        if table := read_table(project.root / folder / "pyproject.toml", "tool", "alembic"):
            yield f"{start}pyproject.toml", _join(start, str(table.get("script_location", "")))


def _read_location(path: Path) -> str | None:
    """What an `alembic.ini` names as the folder of scripts, empty when it names none; None without such a file."""
    if not path.is_file():
        return None
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return ""
    return parser.get("alembic", "script_location", fallback="")


def _join(start: str, location: str) -> str:
    return f"{start}{location.removeprefix('%(here)s/').strip('/') or 'alembic'}/versions"
