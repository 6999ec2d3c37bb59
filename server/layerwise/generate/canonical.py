"""A Spec as one line of text that reads back as the same Spec."""

from layerwise.generate.grammar import quote, quote_default
from layerwise.generate.spec import LAYERS, OPERATIONS, Auth, Field, Relation, Spec

_FLAGS = ("unique", "index", "filter", "search", "sortable", "immutable", "readonly", "internal", "check")
_RELATION_FLAGS = ("filter", "immutable", "readonly", "internal", "owner")


def canonical(spec: Spec) -> str:
    """`Order(number:str(255) unique, total:money) unique=owner_id+number`; the same spec gives the same text."""
    parts = [f"{spec.name}({canonical_fields(spec)})", f"plural={spec.plural}", f"table={spec.table}"]
    parts += [f"unique={'+'.join(columns)}" for columns in spec.unique_together]
    parts += [f"check={check.name}:{quote(check.sql)}" for check in spec.checks]
    for index in spec.indexes:
        key = "unique_index" if index.unique else "index"
        parts.append(f"{key}={'+'.join(index.columns)}{f':{quote(index.where)}' if index.where else ''}")
    for key, value, usual in (
        ("mixins", spec.mixins, ("timestamps",)),
        ("operations", spec.operations, OPERATIONS),
        ("layers", spec.layers, LAYERS),
    ):
        if value != usual:
            parts.append(f"{key}={'+'.join(value) or 'none'}")
    if spec.auth != Auth():
        parts += [f"read={spec.auth.read}", f"write={spec.auth.write}"]
    parts += [f"pagination={spec.pagination}"] if spec.pagination != "offset" else []
    parts += [f"id={spec.id_type}"] if spec.id_type != "auto" else []
    parts += [f"desc={quote(spec.description)}"] if spec.description is not None else []
    return " ".join(parts)


def canonical_fields(spec: Spec) -> str:
    """The fields and relations of a spec in the field grammar, as `--fields` takes them."""
    return ", ".join([*map(write_field, spec.fields), *map(write_relation, spec.relations)])


def write_field(field: Field) -> str:
    """One field in the field grammar."""
    args = ", ".join(map(_write_argument, field.args)) if field.type != "list" else _write_list(field)
    text = f"{field.name}:{field.type}" + (f"({args})" if args else "") + ("?" if field.null else "")
    if field.default is not None:
        text += f"={quote_default(field.default)}"
    parts = [text, *(flag for flag in _FLAGS if getattr(field, flag))]
    parts += ["writeonly"] if field.writeonly and field.type != "password" else []
    keys = (
        ("ge", field.ge), ("gt", field.gt), ("le", field.le), ("lt", field.lt), ("min", field.min), ("max", field.max),
        ("pattern", field.pattern), ("on", field.source), ("sdefault", field.server_default),
        ("column", field.column_name), ("alias", field.alias), ("example", field.example), ("desc", field.description),
    )  # fmt: skip
    parts += [f"{key}={quote(str(value))}" for key, value in keys if value is not None]
    return " ".join(parts)


def write_relation(relation: Relation) -> str:
    """One relation in the field grammar."""
    nested = ", ".join(map(write_field, relation.fields))
    inner = f"({nested})" if nested else ""
    target = relation.target if relation.via else f"{relation.target}{inner}"
    parts = [f"{relation.name}:{relation.kind}({target}){'?' if relation.null else ''}"]
    parts += [flag for flag in _RELATION_FLAGS if getattr(relation, flag)]
    parts += ["unique"] if relation.unique and relation.kind != "o2o" else []
    parts.append(f"ondelete={relation.on_delete}")
    parts += [f"via={relation.via}{inner}"] if relation.via else []
    keys = (
        ("back", relation.back or "none"), ("embed", "+".join(relation.embed) or None), ("min", relation.min),
        ("max", relation.max), ("order", relation.order_by or None), ("table", relation.table or None),
        ("desc", relation.description),
    )  # fmt: skip
    parts += [f"{key}={quote(str(value))}" for key, value in keys if value is not None]
    return " ".join(parts)


def _write_argument(value: str | int) -> str:
    return quote(value) if isinstance(value, str) else str(value)


def _write_list(field: Field) -> str:
    return ", ".join([str(field.args[0]), *map(str, field.args[1:])])
