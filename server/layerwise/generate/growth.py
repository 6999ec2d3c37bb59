"""Growth: the words that change a resource which is there already, and the spec that they lead to."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, cast

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.generate.account import NAME, complete_account
from layerwise.generate.canonical import write_field, write_relation
from layerwise.generate.document import to_json
from layerwise.generate.grammar import parse_items, split
from layerwise.generate.problems import SpecError
from layerwise.generate.reader import parse_document
from layerwise.generate.spec import OPERATIONS, Spec

Kind = Literal["field", "relation", "filter", "endpoint", "remove"]

HELP = (
    "Write it such as: 'field Order note:text?', 'relation Order customer:ref(Customer)?', "
    "'filter Order status, note search', 'endpoint Order delete', 'remove Order note', 'remove Order'."
)
NARROWING = ("filter", "search", "sortable")

_NAME = r"(?P<name>[A-Z][A-Za-z0-9]*)"
_KIND = r"(?P<kind>field|relation|filter|endpoint)s?"
_ADD = r"(?:(?:add|give|create|generate)\s+(?:an?\s+|the\s+)?)?"
_FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        rf"{_ADD}{_KIND}\s+{_NAME}(?:\s*:?\s+(?P<what>.+))?",
        rf"add\s+(?:an?\s+|the\s+)?{_KIND}\s+(?:on\s+)?(?P<what>.+?)\s+(?:to|on|for)\s+{_NAME}",
        rf"add\s+(?P<what>[a-z_]\w*\s*:.+?)\s+to\s+{_NAME}",
        rf"add\s+(?P<what>pagination)\s+to\s+{_NAME}",
        rf"(?P<kind>remove)\s+{_NAME}(?:[.\s]\s*(?P<what>[a-z_].*))?",
        rf"(?P<kind>remove)\s+(?:the\s+)?(?:fields?|relations?)?\s*(?P<what>[a-z_][\w\s,]*?)\s+from\s+{_NAME}",
    )
)
_OPERATIONS = {"post": "create", "read": "get", "retrieve": "get", "patch": "update", "put": "update"}


@dataclass(frozen=True, slots=True)
class Growth:
    """What changes: its kind, the resource by class name, and the words that say more; `forced` gives up edits."""

    kind: Kind
    name: str
    what: str = ""
    forced: bool = False


def read_growth(text: str, known: Collection[str]) -> Growth | None:
    """The growth that a request asks for, None where it asks for something else; `known` are the resources there.

    Raises UnknownNameError where it names no resource that Layerwise generated.
    """
    line = " ".join(text.split()).rstrip(".")
    forced = line.endswith(" --force")
    line = line.removesuffix(" --force")
    for form in _FORMS:
        if found := form.fullmatch(line):
            groups = found.groupdict()
            kind, what = groups.get("kind") or "field", (groups["what"] or "").strip()
            if what == "pagination":
                kind, what = "endpoint", "list"
            growth = Growth(cast("Kind", kind), groups["name"], what, forced)
            if growth.name in known:
                return growth
            if growth.kind == "endpoint":
                return None
            hint = "Only what Layerwise generated here, by its manifest, can be changed so. Is this the right folder?"
            raise UnknownNameError("generated resource", growth.name, known, hint=hint)
    return None


def amend(spec: Spec, growth: Growth) -> Spec:
    """The spec as `growth` wants it, the same one where that is so already. Raises InvalidInputError, SpecError."""
    amended = _AMENDERS[growth.kind](spec, growth.what)
    if spec.name == NAME:
        _, missed = complete_account(amended)
        if missed:
            raise InvalidInputError(f"The login stands on this: {' '.join(missed)}")
    return amended


def _add_items(spec: Spec, text: str) -> Spec:
    items, problems = parse_items(text)
    if problems:
        raise SpecError(problems)
    if not items:
        raise InvalidInputError(f"What is to be added to {spec.name}? {HELP}")
    parts = [text[start:end] for start, end in split(text)[0]]
    document = to_json(spec)
    written = {field.name: write_field(field) for field in spec.fields}
    written |= {relation.name: write_relation(relation) for relation in spec.relations}
    for item, part in zip(items, parts, strict=True):
        name = item.name.value
        if name not in written:
            document["fields"].append(part.strip())
            continue
        rest = [row for row in [*document["fields"], *document["relations"]] if row["name"] != name]
        again = parse_document(document | {"fields": [*rest, part.strip()], "relations": []})
        found = {field.name: write_field(field) for field in again.fields}
        found |= {relation.name: write_relation(relation) for relation in again.relations}
        if found[name] != written[name]:
            raise InvalidInputError(
                f"{spec.name} has {name} already, as {written[name]}. Remove that first, or choose another name."
            )
    return parse_document(document)


def _add_filters(spec: Spec, text: str) -> Spec:
    document = to_json(spec)
    rows = {row["name"]: row for row in [*document["fields"], *document["relations"]]}
    for part in [part.strip() for part in text.split(",") if part.strip()] or [""]:
        name, *flags = re.split(r"[\s:]+", part)
        if name not in rows:
            raise UnknownNameError(f"field of {spec.name}", name, rows, hint=HELP)
        for flag in flags or ["filter"]:
            if flag not in NARROWING:
                raise UnknownNameError("way to narrow or sort a list", flag, NARROWING, hint=HELP)
            rows[name][flag] = True
    return parse_document(document)


def _add_operations(spec: Spec, text: str) -> Spec:
    document = to_json(spec)
    wanted = [_OPERATIONS.get(word.lower(), word.lower()) for word in re.split(r"[\s,+]+", text) if word]
    for word in wanted:
        if word not in OPERATIONS:
            raise UnknownNameError("operation", word, OPERATIONS, hint=HELP)
    document["operations"] = [name for name in OPERATIONS if name in wanted or name in spec.operations]
    return parse_document(document)


def _take_items(spec: Spec, text: str) -> Spec:
    document = to_json(spec)
    known = [row["name"] for row in [*document["fields"], *document["relations"]]]
    wanted = [name for name in re.split(r"[\s,]+", text) if name]
    for name in wanted:
        if name not in known:
            raise UnknownNameError(f"field of {spec.name}", name, known, hint=HELP)
    for side in ("fields", "relations"):
        document[side] = [row for row in document[side] if row["name"] not in wanted]
    return parse_document(document)


_AMENDERS: dict[Kind, Callable[[Spec, str], Spec]] = {
    "field": _add_items,
    "relation": _add_items,
    "filter": _add_filters,
    "endpoint": _add_operations,
    "remove": _take_items,
}
