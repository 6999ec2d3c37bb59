"""The object form of a spec: from JSON or YAML to the field grammar, and from a Spec to JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from layerwise.errors import nearest, shorten
from layerwise.generate.field_reader import FLAGS, KEYS
from layerwise.generate.grammar import quote, quote_default
from layerwise.generate.problems import Problem
from layerwise.generate.relation_reader import FLAGS as RELATION_FLAGS
from layerwise.generate.relation_reader import KEYS as RELATION_KEYS
from layerwise.generate.spec import Field, Relation, Spec
from layerwise.generate.types import RELATIONS, resolve

_ARGUMENTS = ("values", "args", "precision", "scale", "length", "model", "items")
_FIELD_KEYS = (
    "name", "type", "null", "nullable", "optional", "required", "default", *_ARGUMENTS, *FLAGS, *KEYS, "description",
    "server_default", "min_length", "max_length", "source",
)  # fmt: skip
_RELATION_KEYS = (
    "name", "kind", "type", "target", "null", "nullable", "optional", "required", "fields", *RELATION_FLAGS,
    *RELATION_KEYS, "on_delete", "order_by", "description",
)  # fmt: skip
_RENAMED = {
    "description": "desc",
    "server_default": "sdefault",
    "source": "on",
    "on_delete": "ondelete",
    "order_by": "order",
}


def write_item(value: object, path: str) -> tuple[str, list[Problem]]:
    """A field or relation given as an object, in the words of the grammar, and what is wrong with its keys."""
    if not isinstance(value, Mapping):
        return "", [Problem(path, "wrong_type", f"a field is a text or an object, not {type(value).__name__}")]
    kind = value.get("kind", value.get("type"))
    missing = [
        key for key, given in (("name", value.get("name")), ("type", kind)) if not isinstance(given, str) or not given
    ]
    if missing:
        return "", [Problem(f"{path}.{key}", f"{key}_missing", f"a field needs its {key} as a text") for key in missing]
    related = resolve(str(kind)) in RELATIONS
    allowed = _RELATION_KEYS if related else _FIELD_KEYS
    problems = [_unknown_key(key, path, allowed) for key in value if key not in allowed]
    flags = RELATION_FLAGS if related else FLAGS
    parts = [f"{quote_name(value['name'])}:{quote_name(kind)}{_write_arguments(value, related)}{_write_mark(value)}"]
    if value.get("default") is not None:
        parts[0] += f"={quote_default(_write_value(value['default']))}"
    parts += [flag for flag in flags if value.get(flag) is True]
    for key, given in value.items():
        if key in flags and not isinstance(given, bool):
            problems.append(Problem(f"{path}.{key}", "wrong_type", f"{key} is true or false"))
        named = _RENAMED.get(str(key), str(key))
        if key in allowed and given is not None and named in (RELATION_KEYS if related else KEYS):
            parts.append(f"{named}={_write_key(named, given)}")
    return " ".join(parts), problems


def write_items(value: object) -> str:
    """Nested fields, in whichever form, as one text of the grammar."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return write_item(value, "fields")[0]
    return ", ".join(write_items(part) for part in value) if isinstance(value, Sequence) else ""


def quote_name(value: object) -> str:
    """A name as it is; where it is none the grammar says so."""
    return str(value).replace("\n", " ")


def to_json(spec: Spec) -> dict[str, Any]:
    """The spec as an object that `parse(**document)` reads back as the same spec."""
    document: dict[str, Any] = {"name": spec.name, "plural": spec.plural, "table": spec.table}
    document["fields"] = [_field_to_json(field) for field in spec.fields]
    document["relations"] = [_relation_to_json(relation) for relation in spec.relations]
    for key, value in (("unique", spec.unique_together), ("mixins", spec.mixins), ("operations", spec.operations)):
        document[key] = [list(part) if isinstance(part, tuple) else part for part in value]
    document["layers"] = list(spec.layers)
    document["checks"] = [{"name": check.name, "sql": check.sql} for check in spec.checks]
    document["indexes"] = [
        {"columns": list(index.columns), "unique": index.unique, "where": index.where} for index in spec.indexes
    ]
    document["auth"] = {"read": spec.auth.read, "write": spec.auth.write}
    document["pagination"] = spec.pagination
    document["id"] = spec.id_type
    if spec.description is not None:
        document["description"] = spec.description
    return document


def _unknown_key(key: object, path: str, allowed: tuple[str, ...]) -> Problem:
    name = shorten(str(key))
    message = f"{name!r} is no key of a field"
    return Problem(f"{path}.{name}", "unknown_key", message, tuple(sorted(set(allowed))), nearest(name, allowed))


def _write_arguments(value: Mapping[str, Any], related: bool) -> str:
    if related:
        target = quote_name(value.get("target", ""))
        nested = value.get("fields")
        if nested and "via" not in value:
            target += f"({write_items(nested)})"
        return f"({target})"
    given: list[Any] = []
    for key in _ARGUMENTS:
        found = value.get(key)
        if found is not None:
            given += found if isinstance(found, list | tuple) else [found]
    return f"({', '.join(_write_argument(part) for part in given)})" if given else ""


def _write_argument(value: Any) -> str:
    text = str(value)
    return text if text.endswith(")") and "(" in text else quote(text)


def _write_mark(value: Mapping[str, Any]) -> str:
    null = any(value.get(key) is True for key in ("null", "nullable", "optional")) or value.get("required") is False
    return "?" if null else ""


def _write_value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _write_key(key: str, value: Any) -> str:
    if key == "embed" and isinstance(value, list | tuple):
        return "+".join(map(str, value)) or '""'
    if key == "via" and isinstance(value, Mapping):
        return f"{quote_name(value.get('name', ''))}({write_items(value.get('fields', ''))})"
    if key == "via":
        return str(value)
    return quote(_write_value(value))


def _field_to_json(field: Field) -> dict[str, Any]:
    document = _differences(field, ("enum", "source", "column_name", "server_default", "description"))
    for key, name in (("on", field.source), ("column", field.column_name), ("sdefault", field.server_default)):
        if name is not None:
            document[key] = name
    if field.description is not None:
        document["desc"] = field.description
    if field.type == "password":
        document.pop("writeonly")
    return document


def _relation_to_json(relation: Relation) -> dict[str, Any]:
    document = _differences(relation, ("fields", "via", "back", "order_by", "on_delete", "description", "unique"))
    document |= {"back": relation.back or "none", "on_delete": relation.on_delete}
    if relation.order_by:
        document["order"] = relation.order_by
    if relation.unique and relation.kind != "o2o":
        document["unique"] = True
    if relation.description is not None:
        document["desc"] = relation.description
    nested = [_field_to_json(field) for field in relation.fields]
    if relation.via:
        document["via"] = {"name": relation.via, "fields": nested}
    elif nested:
        document["fields"] = nested
    return document


def _differences(value: Field | Relation, skipped: tuple[str, ...]) -> dict[str, Any]:
    """The attributes that are not at their default."""
    found: dict[str, Any] = {}
    for attribute in fields(value):
        own = getattr(value, attribute.name)
        if attribute.name not in skipped and (attribute.default is MISSING or own != attribute.default):
            found[attribute.name] = list(own) if isinstance(own, tuple) else own
    return found
