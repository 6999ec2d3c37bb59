"""plan: the ChangeSet that adds a resource to a project that Layerwise did not lay out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import read_bytes
from layerwise.changes.manifest import read_manifest
from layerwise.changes.paths import locate
from layerwise.generate.document import to_json
from layerwise.generate.likeness.assembly import Assembly, assemble
from layerwise.generate.likeness.doubts import say_unsure
from layerwise.generate.likeness.encoding import encode_source
from layerwise.generate.likeness.footprint import describe_edits
from layerwise.generate.likeness.refusal import find_refusals
from layerwise.generate.spec import Spec
from layerwise.project.conventions import read_conventions
from layerwise.project.index import Project, read_project

BLUEPRINT = "likeness"
VERSION = "1"


def find_home(root: Path) -> Project | None:
    """The project at `root` when it serves HTTP or keeps models already; None where there is nothing to follow."""
    if not root.is_dir():
        return None
    project = read_project(root)
    return project if project.api.routes or project.models or find_refusals(project) else None


def plan_likeness(
    project: Project, root: Path, spec: Spec, settings: Mapping[str, str], *, asked: tuple[str, ...] = ()
) -> ChangeSet:
    """The changes that add `spec` to `project` in its own style; `settings` may name the `exemplar` to follow.

    `asked` are the layers where it is not a whole resource, such as "service".
    Raises InvalidInputError for files that cannot be read or written as they are.
    """
    if refusals := find_refusals(project):
        return ChangeSet(root, (), issues=refusals)
    conventions = read_conventions(project)
    found = assemble(project, spec, exemplar=settings.get("exemplar") or conventions.value("exemplar"), asked=asked)
    changes = _list_changes(found, project, root)
    if not found.issues:
        found.notices += say_unsure(conventions, found.exemplar)
    if not changes and not found.issues:
        found.notices = ["Everything is there already; nothing has to change."]
    return ChangeSet(
        root,
        changes,
        issues=tuple(found.issues),
        warnings=tuple(found.warnings),
        notices=tuple(found.notices),
        next_steps=tuple(found.steps) if changes else (),
        evidence={"verify": "quick", "checks": found.checks},
        record=_describe(found, root, spec, changes) if changes else {},
    )


def _describe(found: Assembly, root: Path, spec: Spec, changes: Sequence[Change]) -> dict[str, Any]:
    """What the manifest keeps: the wish, how it was met, and all edits of shared files, those of earlier runs first."""
    known = read_manifest(root).generations.get(spec.name)
    return {
        "name": spec.name,
        "spec": to_json(spec),
        "blueprint": BLUEPRINT,
        "version": VERSION,
        "exemplar": found.exemplar,
        "routes": list(found.routes),
        "edits": [*(known.record.get("edits", ()) if known else ()), *describe_edits(changes)],
    }


def _list_changes(found: Assembly, project: Project, root: Path) -> tuple[Change, ...]:
    changes = []
    for path, text in found.files.items():
        before = read_bytes(locate(root, path))
        after = encode_source(path, text, before)
        if before is not None and path not in project.modules:
            found.issues.append(f"{path} is there already, and cannot be read as Python. Move it away, then ask again.")
        elif before is not None and path in found.created and before != after:
            found.issues.append(f"{path} exists with other content. Move it away, or ask for another name.")
        elif before != after:
            changes.append(Change(path, before, after))
    return tuple(changes)
