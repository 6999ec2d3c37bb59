"""Pairing: which references of the exemplar stand for which of the wish, and all names that change with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from layerwise.errors import InvalidInputError
from layerwise.generate.likeness.attributes import Attribute, Target, describe_field, describe_reference
from layerwise.generate.likeness.exemplar import Bond, Exemplar
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.likeness.renaming import Renaming, entity_words, find_longer
from layerwise.generate.names import words
from layerwise.generate.spec import Relation, Spec
from layerwise.project.index import Project
from layerwise.project.models import Column, Model
from layerwise.project.module import JOINT

_Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Bonds with the references that take their place, the references that are left, and the names that change."""

    paired: Mapping[Bond, Attribute]
    unpaired: tuple[Relation, ...]
    names: tuple[tuple[_Name, _Name], ...]


def list_likenesses(
    project: Project, spec: Spec, exemplar: Exemplar, targets: Mapping[str, Model]
) -> tuple[Likeness, ...]:
    """The ways to see the wish through the exemplar, the closest first: one, or two where the exemplar's only reference
    may be led to another model or be left out.

    Raises InvalidInputError where a target's key is not one column.
    """
    found: list[_Pairing] = []
    for moving in (True, False):
        pairing = _pair(project, spec, exemplar, targets, moving=moving)
        if pairing not in found:
            found.append(pairing)
    return tuple(_liken(project, spec, exemplar, targets, pairing) for pairing in found)


def _liken(
    project: Project, spec: Spec, exemplar: Exemplar, targets: Mapping[str, Model], pairing: _Pairing
) -> Likeness:
    rest = [bond for bond in exemplar.bonds if bond not in pairing.paired]
    others = {entity_words(model.name) for model in project.models.values()} | {entity_words(spec.name)}
    return Likeness(
        project,
        exemplar,
        Renaming(pairing.names, find_longer(others, exemplar.words)),
        (*_describe_fields(project, spec), *_describe_references(project, pairing.unpaired, targets)),
        pairing.paired,
        tuple(bond for bond in rest if not bond.given),
        tuple(bond for bond in rest if bond.given),
    )


def _pair(project: Project, spec: Spec, exemplar: Exemplar, targets: Mapping[str, Model], *, moving: bool) -> _Pairing:
    references = list(spec.references("ref", "o2o"))
    paired: dict[Bond, Attribute] = {}
    names: list[tuple[_Name, _Name]] = [(exemplar.words, entity_words(spec.name))]
    for relation in list(references):
        bond = _choose_bond(exemplar, relation, targets, paired, moving=moving and len(references) == 1)
        if bond is None:
            continue
        target = describe_target(project, targets[relation.target])
        paired[bond] = describe_reference(relation, target)
        references.remove(relation)
        if words(bond.name) != words(relation.name):
            names.append((tuple(words(bond.name)), tuple(words(relation.name))))
        old, new = entity_words(bond.target.name), entity_words(targets[relation.target].name)
        if old != new and (old, new) not in names:
            names.append((old, new))
    return _Pairing(paired, tuple(references), tuple(names))


def _describe_fields(project: Project, spec: Spec) -> list[Attribute]:
    aware = any("timezone=True" in column.type for model in project.models.values() for column in model.columns)
    emails = "email-validator" in project.versions or any(
        item.target == "pydantic.EmailStr" for module in project.modules.values() for item in module.outline.imports
    )
    return [describe_field(each, aware=aware, emails=emails) for each in spec.fields]


def _describe_references(
    project: Project, relations: tuple[Relation, ...], targets: Mapping[str, Model]
) -> list[Attribute]:
    return [describe_reference(each, describe_target(project, targets[each.target])) for each in relations]


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
