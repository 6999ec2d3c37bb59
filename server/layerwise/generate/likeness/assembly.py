"""Assembly: the whole change that adds a resource to a project in its own style."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libcst import CSTLogicError, CSTValidationError, ParserSyntaxError

from layerwise.generate.imports import add_imports
from layerwise.generate.likeness.attributes import find_imports
from layerwise.generate.likeness.doubts import say_parts, say_rivals
from layerwise.generate.likeness.exemplar import find_exemplars
from layerwise.generate.likeness.expanding import Expansion
from layerwise.generate.likeness.faults import Fault, find_faults
from layerwise.generate.likeness.leaving import Draft, leave_out
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.likeness.losses import find_inherited, list_functions
from layerwise.generate.likeness.pairing import list_likenesses
from layerwise.generate.likeness.parts import find_missing_layers, keep_parts, list_layers
from layerwise.generate.likeness.polish import Polish
from layerwise.generate.likeness.refusal import say_account, say_faults, say_missing_layers
from layerwise.generate.likeness.renaming import entity_words
from layerwise.generate.likeness.revision import say_step, write_revision
from layerwise.generate.likeness.rows import make_rows, replace_makers
from layerwise.generate.prove import find_undefined
from layerwise.generate.spec import Spec
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
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
_MOST_CANDIDATES = 4


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
    faults: tuple[Fault, ...] = ()


def assemble(project: Project, spec: Spec, *, exemplar: str = "", asked: tuple[str, ...] = ()) -> Assembly:
    """The files that add `spec` to `project` in the likeness of its nearest resource, or of the one called `exemplar`.

    Where layers are `asked` for, such as service, theirs alone and what they import.
    Issues say why nothing can be added. Raises InvalidInputError for files that cannot be read.
    """
    found = Assembly()
    targets = _find_targets(project, spec, found)
    if found.issues:
        return found
    known = find_exemplars(project, targets, without=spec.name)
    if exemplar:
        candidates = [each for each in known if entity_words(each.name) == entity_words(exemplar)]
    else:
        candidates = [each for each in known if not each.is_account]
    if not candidates and known and not exemplar:
        found.issues.append(say_account(known[0]))
        return found
    if not candidates:
        found.issues.append(_say_no_exemplar(project, exemplar))
        return found
    best: Assembly | None = None
    for chosen in candidates[:_MOST_CANDIDATES]:
        for likeness in list_likenesses(project, spec, chosen, targets):
            made = _try(likeness, spec, asked)
            if not made.issues and not made.faults:
                made.notices += say_rivals(candidates, chosen.name)
                made.notices += _say_passed_over(best)
                return made
            if best is None or len(made.faults) < len(best.faults):
                best = made
    assert best is not None
    best.issues += say_faults(spec.name, best.exemplar, best.faults, [each.name for each in candidates])
    return best


def _try(likeness: Likeness, spec: Spec, asked: tuple[str, ...]) -> Assembly:
    """An attempt; where LibCST cannot make a tree of what comes out, that is its fault."""
    if missing := find_missing_layers(likeness, asked):
        return Assembly(
            issues=[say_missing_layers(missing, likeness.exemplar, list_layers(likeness))],
            exemplar=likeness.exemplar.name,
        )
    try:
        return _attempt(likeness, spec, asked)
    except (CSTLogicError, CSTValidationError, ParserSyntaxError, SyntaxError) as error:
        exemplar = likeness.exemplar
        fault = Fault("parse", exemplar.model.place.path, str(error).strip().partition("\n")[0])
        return Assembly(faults=(fault,), exemplar=exemplar.name)


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


def _attempt(likeness: Likeness, spec: Spec, asked: tuple[str, ...]) -> Assembly:
    inherited = frozenset(likeness.rename(name) for name in find_inherited(likeness.project, likeness.exemplar))
    expansion = Expansion(shared=inherited)
    found, before = _copy_and_edit(likeness, spec, expansion)
    if expansion.lost:
        # Who calls a lost function may stand before it, and another function may be called like it.
        shared = inherited | (expansion.lost & list_functions(found.files, found.created))
        expansion = Expansion(frozenset(expansion.lost) - shared, shared)
        found, before = _copy_and_edit(likeness, spec, expansion)
    _settle(found, likeness, before)
    _migrate(found, likeness, spec)
    members = {(owner, name) for owner, name in expansion.members if name not in inherited}
    draft = Draft(found.files, found.created, before)
    pruned = leave_out(likeness, draft, expansion.lost, members)
    if asked and not pruned.faults:
        found.notices += say_parts(asked, keep_parts(likeness, draft, asked))
        found.routes = found.routes if any(likeness.serves(path) for path in found.files) else ()
        pruned = replace(pruned, faults=tuple(find_faults(likeness.project, found.files)))
    found.warnings += pruned.warnings
    found.checks = {"parse, names, imports": {"files": len(found.files), "faults": len(pruned.faults)}}
    found.faults = pruned.faults
    polish = _find_polish(likeness)
    if polish is not None and not found.faults:
        for path in found.files.keys() - before.keys():
            found.files[path] = polish.format_new(path, found.files[path])
        for path in found.files.keys() & before.keys():
            found.files[path] = polish.format_edited(path, before[path], found.files[path])
    return found


def _say_passed_over(best: Assembly | None) -> list[str]:
    """A notice where a nearer way was tried in vain."""
    return [f"Tried before, in the likeness of {best.exemplar}: {[*best.faults, *best.issues][0]}"] if best else []


def _copy_and_edit(likeness: Likeness, spec: Spec, expansion: Expansion) -> tuple[Assembly, dict[str, str]]:
    """The new files and the edited ones, and the latter as they were; tests come last, they call all others."""
    exemplar = likeness.exemplar
    found = Assembly(exemplar=exemplar.name, routes=_list_routes(likeness), notices=_say_likeness(likeness))
    tests = [path for path in exemplar.owned if likeness.is_test(path)]
    for old in exemplar.owned:
        if old not in tests:
            _copy(found, likeness, spec, old, expansion)
    before = {}
    for path in likeness.edited:
        before[path] = likeness.read(path)
        text, steps = likeness.edit(path, expansion)
        found.steps += steps
        if text != before[path]:
            found.files[path] = text
    for old in tests:
        _copy(found, likeness, spec, old, expansion)
    return found, before


def _copy(found: Assembly, likeness: Likeness, spec: Spec, old: str, expansion: Expansion) -> None:
    new = likeness.rename(old)
    if new == old:
        found.issues.append(f"{old} has no name that could be changed for {spec.name}.")
        return
    found.files[new] = likeness.copy(old, expansion)
    found.created.add(new)


def _find_polish(likeness: Likeness) -> Polish | None:
    project = likeness.project
    if project.root is None:
        return None
    samples = tuple(text for text in map(likeness.read, likeness.exemplar.owned) if text.strip())
    own = (module for path, module in project.modules.items() if module.name and project.layers[path] != "migration")
    packages = tuple(sorted({module.name.partition(".")[0] for module in own}))
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


def _migrate(found: Assembly, likeness: Likeness, spec: Spec) -> None:
    """The migration, where the model's table is new."""
    if likeness.is_there:
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
