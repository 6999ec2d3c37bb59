"""From an item of the grammar to a Relation, with everything that is wrong with it."""

from typing import cast, get_args

from layerwise.errors import nearest, shorten
from layerwise.generate.field_reader import read_field
from layerwise.generate.grammar import Item, Word, parse_items
from layerwise.generate.names import class_case, pluralize, snake_case
from layerwise.generate.problems import Problem
from layerwise.generate.reading import Reading, check_class_name, check_field_name
from layerwise.generate.spec import Embed, Field, OnDelete, Relation, RelationKind
from layerwise.generate.types import TYPES, resolve

FLAGS = ("unique", "filter", "immutable", "readonly", "internal", "owner", "cascade", "restrict", "set_null")
KEYS = ("back", "via", "ondelete", "table", "embed", "min", "max", "order", "desc")
ON_DELETE = get_args(OnDelete)
EMBED = get_args(Embed)


def read_relation(reading: Reading, kind: str) -> Relation:
    """The relation that the item describes; where it has a problem, the nearest to it."""
    flags = reading.flags(FLAGS)
    keys = reading.keys(KEYS)
    target, fields = _read_target(reading, kind)
    via = ""
    if "via" in keys:
        via, fields = _read_class(reading, keys["via"], "via")
    relation = Relation(
        cast("RelationKind", kind),
        reading.name,
        target,
        back=_read_back(reading, keys, kind, target),
        null=reading.null,
        on_delete=_read_on_delete(reading, keys, flags, kind),
        owner="owner" in flags,
        unique="unique" in flags or kind == "o2o",
        filter="filter" in flags,
        immutable="immutable" in flags,
        readonly="readonly" in flags,
        internal="internal" in flags,
        via=via,
        fields=fields,
        embed=_read_embed(reading, keys),
        min=reading.count(keys, "min"),
        max=reading.count(keys, "max"),
        order_by=keys["order"].value if "order" in keys else "",
        table=_read_table(reading, keys, kind, via),
        description=keys["desc"].value if "desc" in keys else None,
    )
    _check(reading, relation, keys)
    return relation


def _read_target(reading: Reading, kind: str) -> tuple[str, tuple[Field, ...]]:
    words = reading.item.args or ()
    if len(words) != 1 or reading.item.many:
        reading.refuse("type", "target_missing", f"{kind} names one entity, such as {kind}(User)", reading.item.type)
        return reading.entity, ()
    if words[0].value == "self":
        return reading.entity, ()
    return _read_class(reading, words[0], "type")


def _read_class(reading: Reading, word: Word, part: str) -> tuple[str, tuple[Field, ...]]:
    """A class name with, in brackets behind it, fields of its own."""
    name, bracket, rest = word.value.partition("(")
    name = name.strip()
    if fault := check_class_name(name):
        reading.refuse(part, fault.code, fault.message, word, suggestion=fault.suggestion)
        return "Item", ()
    if not bracket:
        return class_case(name), ()
    offset = (word.position or 0) + word.value.index("(") + 1
    items, problems = parse_items(rest.rstrip()[:-1], f"{reading.item.path}.{part}", offset, reading.item.source)
    reading.problems.extend(problems)
    return class_case(name), read_fields(items, class_case(name), reading.problems)


def read_fields(items: list[Item], entity: str, problems: list[Problem]) -> tuple[Field, ...]:
    """The plain fields of a payload or of nested items."""
    fields = []
    for item in items:
        nested = Reading(item, entity, problems)
        nested.check_name()
        known = resolve(item.type.value)
        if known in TYPES:
            fields.append(read_field(nested, known))
        else:
            message = f"{shorten(item.type.value)!r} is no plain type; relations cannot be nested"
            nested.refuse("type", "unknown_type", message, item.type, suggestion=nearest(item.type.value, TYPES))
    return tuple(fields)


def _read_back(reading: Reading, keys: dict[str, Word], kind: str, target: str) -> str:
    if "back" in keys:
        return keys["back"].value if keys["back"].value != "none" else ""
    entity = snake_case(reading.entity)
    if target == reading.entity:
        return {"ref": "children", "has_many": "parent", "o2o": f"{reading.name}_of", "m2m": f"{reading.name}_of"}[kind]
    return entity if kind in ("o2o", "has_many") else pluralize(entity)


def _read_on_delete(reading: Reading, keys: dict[str, Word], flags: set[str], kind: str) -> OnDelete:
    chosen = [flag for flag in ON_DELETE if flag in flags]
    if word := keys.get("ondelete"):
        value = word.value.lower().replace(" ", "_")
        if value not in ON_DELETE:
            message = f"{shorten(word.value)!r} is no rule for deleting"
            reading.refuse(
                "ondelete", "invalid_value", message, word, allowed=ON_DELETE, suggestion=nearest(value, ON_DELETE)
            )
        else:
            chosen.append(value)
    if len(set(chosen)) > 1:
        reading.refuse("ondelete", "flag_clash", f"{' and '.join(chosen)} exclude each other")
    if "set_null" in chosen and not reading.null:
        suggestion = f"{reading.name}:{reading.item.type.value}(…)?"
        reading.refuse("ondelete", "flag_clash", "set_null needs a reference that may be NULL", suggestion=suggestion)
    if chosen:
        return cast("OnDelete", chosen[0])
    return "restrict" if kind in ("ref", "o2o") else "cascade"


def _read_embed(reading: Reading, keys: dict[str, Word]) -> tuple[Embed, ...]:
    word = keys.get("embed")
    if word is None:
        return ()
    parts = [part for part in word.value.replace(",", "+").split("+") if part]
    for part in parts:
        if part not in EMBED:
            message = f"{shorten(part)!r} is no place to embed in"
            reading.refuse("embed", "invalid_value", message, word, allowed=EMBED, suggestion=nearest(part, EMBED))
    return tuple(place for place in EMBED if place in parts)


def _read_table(reading: Reading, keys: dict[str, Word], kind: str, via: str) -> str:
    if "table" in keys:
        return keys["table"].value
    if kind != "m2m":
        return ""
    return pluralize(snake_case(via)) if via else f"{snake_case(reading.entity)}_{reading.name}"


def _check(reading: Reading, relation: Relation, keys: dict[str, Word]) -> None:
    """What the kind of relation cannot have."""
    for key, name in (("back", relation.back), ("table", relation.table), ("order", relation.order_by)):
        if name and (fault := check_field_name(name)):
            reading.refuse(key, fault.code, fault.message, keys.get(key), suggestion=fault.suggestion)
    to_one = relation.kind in ("ref", "o2o")
    unfit = [
        ("owner", relation.owner and relation.kind != "ref", "only a ref can be the owner"),
        ("via", bool(relation.via) and relation.kind != "m2m", "only m2m goes via a class"),
        ("type", relation.null and not to_one, f"{relation.kind} is a list and is never NULL"),
        (
            "type",
            bool(relation.fields) and not relation.via and relation.kind != "has_many",
            "only has_many and via hold fields",
        ),
        ("embed", bool(relation.embed) and relation.kind != "has_many", "only has_many can be embedded"),
        ("order", bool(relation.order_by) and relation.kind != "has_many", "only has_many has an order"),
        ("table", "table" in keys and relation.kind != "m2m", "only m2m has a table of its own"),
        (
            "min",
            (relation.min is not None or relation.max is not None) and to_one,
            f"{relation.kind} has no min and max",
        ),
        (
            "flags",
            (relation.filter or relation.immutable) and not to_one,
            f"{relation.kind} takes neither filter nor immutable",
        ),
        ("owner", relation.owner and relation.null, "every row has an owner; leave out ?"),
    ]
    for part, wrong, message in unfit:
        if wrong:
            reading.refuse(part, "relation_unfit", message)
    if relation.min is not None and relation.max is not None and relation.min > relation.max:
        reading.refuse("min", "empty_range", f"min={relation.min} is more than max={relation.max}")
    if item := reading.item.default:
        reading.refuse("default", "relation_unfit", "a relation has no default", item)
