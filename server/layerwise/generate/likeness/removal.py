"""Removal: a resource made in a project's own style taken out again."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import fingerprint, read_bytes
from layerwise.changes.manifest import Generation, Manifest
from layerwise.changes.paths import locate
from layerwise.generate.likeness.footprint import take_back
from layerwise.generate.likeness.plan import BLUEPRINT
from layerwise.project.index import Project, read_project
from layerwise.project.module import JOINT


def plan_removal(root: Path, name: str, manifest: Manifest, *, forced: bool = False) -> ChangeSet:
    """The changes that take the resource called `name` out; issues name what was edited since, or still uses it.

    Its own files go, those that were edited only when `forced`; files that it shares lose what was added to them.
    """
    generation = manifest.generations[name]
    issues: list[str] = []
    changes: list[Change] = []
    for path in generation.created:
        data = read_bytes(locate(root, path))
        if data is not None and fingerprint(data) != manifest.hashes.get(path) and not forced:
            issues.append(f"{path} was edited since it was generated. Remove it by hand, or ask again with --force.")
        elif data is not None:
            changes.append(Change(path, data, None))
    changes += _restore(root, generation, issues)
    project = read_project(root)
    issues += _find_dependents(name, manifest)
    issues += _find_users(project, {change.path: change for change in changes})
    revisions = [path for path in generation.created if project.layers.get(path) == "migration"]
    return ChangeSet(
        root,
        tuple(changes),
        issues=tuple(issues),
        notices=tuple(f"{path} goes. Where it was applied, downgrade the database first." for path in revisions),
        record={"removes": name},
    )


def _restore(root: Path, generation: Generation, issues: list[str]) -> Iterator[Change]:
    edits = generation.record.get("edits", [])
    for path in dict.fromkeys(edit["path"] for edit in edits):
        data = read_bytes(locate(root, path))
        if data is None:
            continue
        text = _decode(data)
        for edit in reversed([edit for edit in edits if edit["path"] == path]):
            text = None if text is None else take_back(text, edit)
        if text is None:
            issues.append(f"{path} was edited where the resource was added to it. Take it out there by hand.")
        elif (after := text.encode("utf-8")) != data:
            yield Change(path, data, after)


def _decode(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _find_dependents(name: str, manifest: Manifest) -> Iterator[str]:
    for other, generation in manifest.made_by(BLUEPRINT).items():
        for relation in generation.record["spec"]["relations"]:
            if other != name and relation["target"] == name:
                yield f"{other}.{relation['name']} refers to {name}. Remove it first: 'remove {other}'."


def _find_users(project: Project, changes: Mapping[str, Change]) -> Iterator[str]:
    """What still imports a module that goes, and which migration stands on one, an issue each."""
    gone = {path for path, change in changes.items() if change.after is None}
    revisions = {_quoted(project, path, "revision"): path for path in gone}
    for path, module in project.modules.items():
        if path in changes:
            continue
        sources = {project.resolve(path, item.name).partition(JOINT)[0] for item in module.outline.imports}
        for source in sorted(sources & gone):
            yield f"{path} still imports from {source}. Take that out first."
        if (before := _quoted(project, path, "down_revision")) and before in revisions:
            yield f"{path} follows {revisions[before]}. Remove that migration first."


def _quoted(project: Project, path: str, name: str) -> str:
    """The text that a module's variable holds, without its quotes; empty where there is none."""
    module = project.modules.get(path)
    variable = module.variables.get(name) if module else None
    return variable.value.strip("\"'") if variable and variable.value else ""
