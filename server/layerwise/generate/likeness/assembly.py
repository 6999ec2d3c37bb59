"""Assembly: the whole change that adds a resource to a project in its own style."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from libcst import CSTLogicError, CSTValidationError, ParserSyntaxError

from layerwise.generate.imports import add_imports
from layerwise.generate.likeness.attributes import find_imports
from layerwise.generate.likeness.doubts import say_rivals
from layerwise.generate.likeness.exemplar import find_exemplars
from layerwise.generate.likeness.expanding import Expansion
from layerwise.generate.likeness.faults import find_faults
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.likeness.losses import drop_callers, find_inherited, find_lost
from layerwise.generate.likeness.pairing import list_likenesses
from layerwise.generate.likeness.polish import Polish
from layerwise.generate.likeness.renaming import entity_words
from layerwise.generate.likeness.revision import say_step, write_revision
from layerwise.generate.likeness.rows import make_rows, replace_makers
from layerwise.generate.prove import find_undefined
from layerwise.generate.spec import Spec
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, layer_of_path
from layerwise.project.models import Model

_SQLALCHEMY = frozenset(
    [
        "String",
        "Text",
        "Integer",
        "SmallInteger",
        "BigInteger",
        "Float",
        "Double",
        "Numeric",
        "Boolean",
        "Date",
        "Time",
        "DateTime",
        "Interval",
        "Uuid",
        "LargeBinary",
        "JSON",
        "ForeignKey",
        "Column",
    ]
)
# A resource with ways of its own cannot be followed; then the next one may.
_MOST_CANDIDATES = 3


@dataclass(slots=True)
class Assembly:
    """Texts by path as they will be, and what has to be said about them."""

    files: dict[str, str] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    created: set[str] = field(default_factory=set)
    checks: dict[str, Any] = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    exemplar: str = ""


def assemble(project: Project, spec: Spec, *, exemplar: str = "") -> Assembly:
    """The files that add `spec` to `project` in the likeness of its nearest resource, or of the one called `exemplar`.

    Issues say why nothing can be added. Raises InvalidInputError for files that cannot be read.
    """
    found = Assembly()
    targets = _find_targets(project, spec, found)
    if found.issues:
        return found
    candidates = find_exemplars(project, targets, without=spec.name)
    if exemplar:
        candidates = [each for each in candidates if entity_words(each.name) == entity_words(exemplar)]
    if not candidates:
        found.issues.append(_say_no_exemplar(project, exemplar))
        return found
    best: Assembly | None = None
    for chosen in candidates[:_MOST_CANDIDATES]:
        for likeness in list_likenesses(project, spec, chosen, targets):
            try:
                made = _attempt(likeness, spec)
            except (CSTLogicError, CSTValidationError, ParserSyntaxError) as error:
                made = Assembly(issues=[f"{chosen.name} cannot be followed: {error}"], exemplar=chosen.name)
            if not made.issues:
                made.notices += say_rivals(candidates, chosen.name)
                made.notices += _say_passed_over(best)
                return made
            if best is None or len(made.issues) < len(best.issues):
                best = made
    assert best is not None
    return best


def _find_targets(project: Project, spec: Spec, found: Assembly) -> dict[str, Model]:
    """The models that the wish refers to, by the name it gives."""
    models = [model for model in project.models.values() if project.layers[model.place.path] not in ASIDE]
    targets = {}
    for relation in spec.references("ref", "o2o"):
        named = [model for model in models if model.name == relation.target]
        named = named or [model for model in models if entity_words(model.name) == entity_words(relation.target)]
        if not named:
            known = ", ".join(sorted(model.name for model in models)[:20]) or "none"
            found.issues.append(
                f"{spec.name}.{relation.name} refers to {relation.target}, but the project has no such model "
                f"(there are: {known})."
            )
        else:
            targets[relation.target] = named[0]
    for relation in spec.references("has_many", "m2m"):
        found.issues.append(
            f"{spec.name}.{relation.name}: {relation.kind} is not written in a project's own style yet; leave it "
            f"out, or give {relation.target} a reference to {spec.name}."
        )
    return targets


def _say_no_exemplar(project: Project, asked: str) -> str:
    known = ", ".join(each.name for each in find_exemplars(project, (), without="")) or "none"
    if asked:
        return f"{asked} is no resource with a model and routes that create and read it. There are: {known}."
    return (
        "The project has no resource whose way could be followed: a mapped model with routes that create and read it. "
        "Write the first by hand (`layerwise guide layers`), then ask again."
    )


def _attempt(likeness: Likeness, spec: Spec) -> Assembly:
    project, exemplar = likeness.project, likeness.exemplar
    found = Assembly(exemplar=exemplar.name, routes=_list_routes(likeness), notices=_say_likeness(likeness))
    expansion = Expansion()
    before = _copy_and_edit(found, likeness, spec, expansion)
    _settle(found, likeness, before)
    _migrate(found, likeness, spec)
    lost = _drop_lost(found, likeness, expansion.lost)
    polish = _find_polish(likeness)
    if polish is not None:
        for path in found.files.keys() - before.keys():
            found.files[path] = polish.format_new(path, found.files[path])
    _drop_tests(found, project)
    faults = [*find_faults(project, found.files), *find_lost(found.files, found.created, lost)]
    found.checks = {"parse, names, imports": {"files": len(found.files), "faults": len(faults)}}
    found.issues += faults
    if polish is not None and not found.issues:
        for path in found.files.keys() & before.keys():
            found.files[path] = polish.format_edited(path, before[path], found.files[path])
    return found


def _say_passed_over(best: Assembly | None) -> list[str]:
    """A notice where a nearer way was tried in vain."""
    return [f"Tried before, in the likeness of {best.exemplar}: {best.issues[0]}"] if best else []


def _copy_and_edit(found: Assembly, likeness: Likeness, spec: Spec, expansion: Expansion) -> dict[str, str]:
    """Put the new files and the edited ones into `found`; gives the edited ones as they were."""
    layers = likeness.project.layers
    for old in sorted(likeness.exemplar.owned, key=lambda path: layers[path] == "test"):
        new = likeness.rename(old)
        if new == old:
            found.issues.append(f"{old} has no name that could be changed for {spec.name}.")
            continue
        found.files[new] = likeness.copy(old, expansion)
        found.created.add(new)
    before = {}
    for path in likeness.edited:
        before[path] = likeness.read(path)
        text, steps = likeness.edit(path, expansion)
        found.steps += steps
        if text != before[path]:
            found.files[path] = text
    return before


def _find_polish(likeness: Likeness) -> Polish | None:
    project = likeness.project
    if project.root is None:
        return None
    samples = tuple(text for text in map(likeness.read, likeness.exemplar.owned) if text.strip())
    packages = tuple(sorted({module.name.partition(".")[0] for module in project.modules.values() if module.name}))
    return Polish(project.root, samples, packages)


def _say_likeness(likeness: Likeness) -> list[str]:
    exemplar = likeness.exemplar
    return [f"Made in the likeness of {exemplar.name} ({exemplar.model.place}); another: --set exemplar=NAME."] + [
        f"{bond.attribute} came along: rows of {exemplar.name} belong to {bond.target.name}, which its routes heed."
        for bond in likeness.kept
    ]


def _list_routes(likeness: Likeness) -> tuple[str, ...]:
    routes = likeness.exemplar.routes
    return tuple(
        sorted(
            {f"{method} {likeness.rename(path)}" for each in routes for method in each.methods for path in each.paths}
        )
    )


def _drop_lost(found: Assembly, likeness: Likeness, lost: set[str]) -> set[str]:
    """Leave out functions that lean on lost ones, and say so; gives the names that nothing may lean on any more."""
    lost = lost - {likeness.rename(name) for name in find_inherited(likeness.project, likeness.exemplar)}
    gone: set[str] = set()
    for path in sorted(found.created):
        if not likeness.is_test(path):
            found.files[path], dropped = drop_callers(found.files[path], lost)
            gone |= dropped
    if gone:
        names = ", ".join(sorted(gone))
        found.warnings.append(f"Left out, for they lean on what only {likeness.exemplar.name} has: {names}.")
    return lost | gone


def _drop_tests(found: Assembly, project: Project) -> None:
    """Leave out tests that lean on what only the exemplar has, and say so."""
    faults = find_faults(project, found.files)
    for path in sorted(found.created):
        if layer_of_path(path) == "test" and any(f": {path}: " in fault for fault in faults):
            _forget(found, path)
            found.warnings.append(
                f"{path} was left out: its sibling's tests lean on what only the exemplar has. Write it by hand."
            )


def _forget(found: Assembly, path: str) -> None:
    del found.files[path]
    found.created.discard(path)


def _migrate(found: Assembly, likeness: Likeness, spec: Spec) -> None:
    """The migration, where the model's table is new."""
    if likeness.model_name in {model.name for model in likeness.project.models.values()}:
        return
    written = write_revision(likeness, likeness.table, repr(spec))
    if written.path and not find_undefined(written.text, written.path):
        found.files[written.path] = written.text
    elif written.path:
        found.steps.append(say_step(likeness.table, "Some of its columns lean on functions of the project's own."))
    elif written.step:
        found.steps.append(written.step)


def _settle(found: Assembly, likeness: Likeness, before: Mapping[str, str]) -> None:
    """Imports for what the new code names, and rows for what its tests refer to."""
    for path in list(found.files):
        if likeness.is_test(path):
            for target, maker in likeness.moved_makers:
                found.files[path] = replace_makers(found.files[path], path, target, maker)
            found.files[path] = make_rows(found.files[path], path, likeness.attributes, likeness.makers)
            if path in found.created:
                found.files[path] = likeness.spell(path, found.files[path])
    for path, text in list(found.files.items()):
        missing = set(find_undefined(text, path)) - set(find_undefined(before.get(path, ""), path))
        found.files[path] = add_imports(text, set(_imports_of(missing, likeness)))


def _imports_of(missing: set[str], likeness: Likeness) -> Iterator[tuple[str, str, str]]:
    homes = {name: module for module, name in find_imports(" ".join(missing))}
    for name in missing:
        if name in homes:
            yield homes[name], name, ""
        elif name in _SQLALCHEMY:
            yield "sqlalchemy", name, ""
        elif name in ("EmailStr", "Field"):
            yield "sqlmodel" if name == "Field" and _uses_sqlmodel(likeness) else "pydantic", name, ""
        elif name in ("uuid", "datetime", "decimal"):
            yield name, "", ""


def _uses_sqlmodel(likeness: Likeness) -> bool:
    return likeness.project.classes.inherits(likeness.exemplar.model.symbol, "SQLModel")
