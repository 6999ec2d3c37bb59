"""Assembly: the whole change that adds a resource to a project in its own style."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libcst import CSTLogicError, CSTValidationError, ParserSyntaxError

from layerwise.errors import InvalidInputError
from layerwise.generate.imports import add_imports
from layerwise.generate.likeness.attributes import Attribute, Target, describe_field, describe_reference, find_imports
from layerwise.generate.likeness.exemplar import Bond, Exemplar, find_exemplars
from layerwise.generate.likeness.expanding import Expansion
from layerwise.generate.likeness.faults import find_faults, find_lost
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.likeness.polish import Polish
from layerwise.generate.likeness.renaming import Renaming, entity_words
from layerwise.generate.likeness.revision import say_step, write_revision
from layerwise.generate.likeness.rows import make_rows, replace_makers
from layerwise.generate.names import words
from layerwise.generate.prove import find_undefined
from layerwise.generate.spec import Relation, Spec
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE, layer_of_path
from layerwise.project.models import Column, Model
from layerwise.project.module import JOINT

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
        for moving in (True, False):
            try:
                made = _attempt(project, spec, chosen, targets, moving=moving)
            except (CSTLogicError, CSTValidationError, ParserSyntaxError) as error:
                made = Assembly(issues=[f"{chosen.name} cannot be followed: {error}"], exemplar=chosen.name)
            if best is None or len(made.issues) < len(best.issues):
                best = made
            if not made.issues:
                return made
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


def _attempt(
    project: Project, spec: Spec, exemplar: Exemplar, targets: Mapping[str, Model], *, moving: bool
) -> Assembly:
    found = Assembly()
    likeness = _liken(project, spec, exemplar, targets, found, moving=moving)
    samples = tuple(text for text in map(likeness.read, exemplar.owned) if text.strip())
    packages = tuple(sorted({module.name.partition(".")[0] for module in project.modules.values() if module.name}))
    polish = Polish(project.root, samples, packages) if project.root else None
    expansion = Expansion()
    ordered = sorted(exemplar.owned, key=lambda path: project.layers[path] == "test")
    pending = {likeness.rename(path): path for path in ordered}
    before: dict[str, str] = {}
    for new, old in pending.items():
        if new == old:
            found.issues.append(f"{old} has no name that could be changed for {spec.name}.")
            continue
        found.files[new] = likeness.copy(old, expansion)
        found.created.add(new)
    for path in likeness.edited:
        before[path] = likeness.read(path)
        text, steps = likeness.edit(path, expansion)
        found.steps += steps
        if text != before[path]:
            found.files[path] = text
    _settle(found, likeness, before)
    _migrate(found, likeness, spec)
    if polish is not None:
        for path, text in found.files.items():
            found.files[path] = (
                polish.format_edited(path, before[path], text) if path in before else polish.format_new(path, text)
            )
    _drop_tests(found, project)
    found.exemplar = exemplar.name
    found.notices.insert(
        0, f"Made in the likeness of {exemplar.name} ({exemplar.model.place}); another: --set exemplar=NAME."
    )
    faults = find_faults(project, found.files) + find_lost(found.files, found.created, expansion.lost)
    found.checks = {"parse, names, imports": {"files": len(found.files), "faults": len(faults)}}
    found.issues += faults
    found.routes = tuple(
        sorted(
            {
                f"{method} {likeness.rename(path)}"
                for each in exemplar.routes
                for method in each.methods
                for path in each.paths
            }
        )
    )
    return found


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


def _liken(
    project: Project,
    spec: Spec,
    exemplar: Exemplar,
    targets: Mapping[str, Model],
    found: Assembly,
    *,
    moving: bool,
) -> Likeness:
    """Which of the exemplar's references stand for which of the wish, and all names that change."""
    references = list(spec.references("ref", "o2o"))
    paired: dict[Bond, Attribute] = {}
    pairs = [(exemplar.words, entity_words(spec.name))]
    for relation in list(references):
        bond = _choose_bond(exemplar, relation, targets, paired, moving=moving and len(references) == 1)
        if bond is None:
            continue
        target = describe_target(project, targets[relation.target])
        paired[bond] = describe_reference(relation, target)
        references.remove(relation)
        if words(bond.name) != words(relation.name):
            pairs.append((tuple(words(bond.name)), tuple(words(relation.name))))
        old, new = entity_words(bond.target.name), entity_words(targets[relation.target].name)
        if old != new and (old, new) not in pairs:
            pairs.append((old, new))
    rest = [bond for bond in exemplar.bonds if bond not in paired]
    aware = any("timezone=True" in column.type for model in project.models.values() for column in model.columns)
    emails = "email-validator" in project.versions or any(
        item.target == "pydantic.EmailStr" for module in project.modules.values() for item in module.outline.imports
    )
    attributes = [describe_field(each, aware=aware, emails=emails) for each in spec.fields]
    attributes += [describe_reference(each, describe_target(project, targets[each.target])) for each in references]
    kept = tuple(bond for bond in rest if not bond.given)
    for bond in kept:
        found.notices.append(
            f"{bond.attribute} came along: rows of {exemplar.name} belong to {bond.target.name}, which its routes heed."
        )
    others = {entity_words(model.name) for model in project.models.values()} | {entity_words(spec.name)}
    longer = tuple(sorted(name for name in others if len(name) > len(exemplar.words) and _holds(name, exemplar.words)))
    dropped = tuple(bond for bond in rest if bond.given)
    return Likeness(project, exemplar, Renaming(tuple(pairs), longer), tuple(attributes), paired, kept, dropped)


def _choose_bond(
    exemplar: Exemplar,
    relation: Relation,
    targets: Mapping[str, Model],
    paired: Mapping[Bond, Attribute],
    *,
    moving: bool,
) -> Bond | None:
    free = [bond for bond in exemplar.bonds if bond not in paired]
    same = [bond for bond in free if bond.target.symbol == targets[relation.target].symbol]
    if same:
        return next((bond for bond in same if bond.name == relation.name), same[0])
    given = [bond for bond in free if bond.given]
    movable = len(given) == 1 and not any(column.name.endswith("password") for column in given[0].target.columns)
    return given[0] if moving and movable else None


def _holds(name: Sequence[str], part: Sequence[str]) -> bool:
    return any(tuple(name[start : start + len(part)]) == tuple(part) for start in range(len(name) - len(part) + 1))


def describe_target(project: Project, model: Model) -> Target:
    """A model as a reference sees it. Raises InvalidInputError where its key is not one column."""
    key = _find_key(project, model)
    module = project.modules[model.symbol.partition(JOINT)[0]]
    table = model.table or "_".join(words(model.name))
    python = key.python or {"Integer": "int", "BigInteger": "int"}.get(key.type.partition("(")[0], "str")
    kind = key.type.rpartition(".")[2] if "." in key.type and "(" not in key.type else key.type
    return Target(model.name, module.name, table, key.name, python, kind)


def _find_key(project: Project, model: Model) -> Column:
    """The column that references to a model name: its key, of several the one that others name already."""
    keys = [column for column in model.columns if column.primary_key]
    named = {column.foreign_key for other in project.models.values() for column in other.columns}
    chosen = [key for key in keys if f"{model.table}.{key.name}" in named]
    chosen = chosen or [key for key in keys if key.unique and key.name == "id"] or keys
    if not chosen or (len(chosen) > 1 and len(keys) == len(chosen)):
        raise InvalidInputError(f"{model.name} ({model.place}) has no primary key of one column to refer to.")
    return chosen[0]
