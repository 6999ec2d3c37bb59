"""parse: a Spec from any of its three forms, or every problem at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from layerwise.errors import nearest, shorten
from layerwise.generate import names, reserved
from layerwise.generate.document import write_item
from layerwise.generate.entity_checks import check_entity
from layerwise.generate.field_reader import read_field
from layerwise.generate.grammar import MAX_TEXT, Item, parse_items
from layerwise.generate.options import read_options
from layerwise.generate.problems import Problem, SpecError
from layerwise.generate.reading import Reading, check_class_name
from layerwise.generate.relation_reader import read_relation
from layerwise.generate.spec import Field, Relation, Spec
from layerwise.generate.types import ALIASES, RELATIONS, TYPES, resolve
from layerwise.generate.whole import split_whole

MAX_FIELDS = 200

Fields = str | Sequence[str | Mapping[str, Any]]


def parse(name: str, fields: Fields = (), **options: Any) -> Spec:
    """The Spec of the entity `name`.

    `fields` is a text of the field grammar, a list of such texts, or a list of objects; `options` are those of
    `options.OPTIONS`. `name` may also be a whole spec in canonical form. Raises SpecError, which holds every problem.
    """
    problems: list[Problem] = []
    if isinstance(name, str) and "(" in name:
        name, text, written = split_whole(name, problems)
        fields, options = fields or text, {**written, **options}
    entity = _read_name(name, problems)
    read = read_options(options, problems)
    items = [*_items(fields, "fields", problems), *_items(options.get("relations") or (), "relations", problems)]
    own, relations = _read_items(items, entity, problems)
    plural = read.pop("plural", None) or names.pluralize(names.snake_case(entity))
    table = read.pop("table", None) or (f"{plural}_table" if plural in reserved.SQL else plural)
    spec = Spec(entity, plural, table, tuple(own), tuple(relations), **read)
    if not problems:
        spec = check_entity(spec, problems)
    if problems:
        raise SpecError(problems)
    return spec


def parse_document(document: object) -> Spec:
    """The Spec of an object as JSON or YAML gives it. Raises SpecError."""
    if not isinstance(document, Mapping):
        raise SpecError([Problem("", "wrong_type", 'a spec is an object, such as {"name": "Order", "fields": [...]}')])
    rest = {str(key): value for key, value in document.items()}
    name, fields = rest.pop("name", ""), rest.pop("fields", ())
    return parse(name, fields, **rest)


def _read_name(name: object, problems: list[Problem]) -> str:
    if not isinstance(name, str):
        problems.append(Problem("name", "wrong_type", "the name of an entity is a text"))
        return "Item"
    if fault := check_class_name(name.strip()):
        problems.append(Problem("name", fault.code, fault.message, suggestion=fault.suggestion))
        return "Item"
    return names.class_case(name.strip())


def _items(fields: object, path: str, problems: list[Problem]) -> list[Item]:
    """The items of any form; of a text with positions."""
    if isinstance(fields, str):
        if len(fields) > MAX_TEXT:
            problems.append(
                Problem(path, "too_long", f"{path} has {len(fields)} characters; at most {MAX_TEXT} are read")
            )
            return []
        items, found = parse_items(fields, path)
        problems.extend(found)
        return items
    if not isinstance(fields, Sequence) or isinstance(fields, bytes):
        problems.append(Problem(path, "wrong_type", f"{path} is a text, a list of texts, or a list of objects"))
        return []
    items = []
    for number, part in enumerate(fields[: MAX_FIELDS + 1]):
        items += _item(part, f"{path}[{number}]", problems)
    return items


def _item(part: object, path: str, problems: list[Problem]) -> list[Item]:
    """The items of one entry of a list; those of an object have no positions, for there was no text."""
    written = isinstance(part, str)
    text, found = (part, []) if isinstance(part, str) else write_item(part, path)
    if len(text) > MAX_TEXT:
        found = [Problem(path, "too_long", f"{path} has {len(text)} characters; at most {MAX_TEXT} are read")]
        text = ""
    items, unread = parse_items(text, path)
    problems += found
    problems += unread if written else [replace(problem, position=None, source="") for problem in unread]
    named = [replace(item, path=path if len(items) == 1 else f"{path}.{item.name.value}") for item in items]
    return named if written else [replace(item, source="") for item in named]


def _read_items(items: list[Item], entity: str, problems: list[Problem]) -> tuple[list[Field], list[Relation]]:
    fields: list[Field] = []
    relations: list[Relation] = []
    for item in items[:MAX_FIELDS]:
        reading = Reading(item, entity, problems)
        reading.check_name()
        known = resolve(item.type.value)
        if known in TYPES:
            fields.append(read_field(reading, known))
        elif known in RELATIONS:
            relations.append(read_relation(reading, known))
        else:
            _refuse_type(reading)
    if len(items) > MAX_FIELDS:
        problems.append(items[MAX_FIELDS].problem("", "too_many", f"an entity has at most {MAX_FIELDS} fields"))
    return fields, relations


def _refuse_type(reading: Reading) -> None:
    given = reading.item.type
    match = nearest(given.value, [*TYPES, *RELATIONS, *ALIASES])
    message = f"there is no type {shorten(given.value)!r}"
    reading.refuse(
        "type", "unknown_type", message, given, allowed=(*TYPES, *RELATIONS), suggestion=ALIASES.get(match or "", match)
    )
