"""What the templates of a resource read: a Spec with everything that follows from it and from its neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layerwise.generate import columns, samples
from layerwise.generate.bonds import Link, find_parts
from layerwise.generate.inverse import describe_arguments
from layerwise.generate.literals import quote
from layerwise.generate.spec import Field, Operation, Relation, Spec
from layerwise.generate.target import KEYS, Target

_KEY_DEFAULTS = {"auto": "uuid7", "uuid4": "uuid4", "uuid7": "uuid7", "int": ""}
_UNKNOWN = {"int": "2**31 - 1", "UUID": "uuid4()"}
_METHODS: Mapping[Operation, str] = {
    "list": "GET", "create": "POST", "get": "GET", "update": "PATCH", "delete": "DELETE"
}  # fmt: skip
_ACCESS = {"user": "get_current_user", "superuser": "get_current_superuser"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A relation of kind `ref` or `o2o`, as source text for model and schemas."""

    relation: Relation
    target: Target
    owner: str
    ambiguous: bool
    soft: bool

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def attribute(self) -> str:
        return self.relation.attribute

    @property
    def key(self) -> str:
        return self.target.key

    @property
    def itself(self) -> bool:
        return self.target.itself

    @property
    def unique(self) -> bool:
        return self.relation.unique or self.relation.kind == "o2o"

    @property
    def mapped(self) -> str:
        return f"{self.key} | None" if self.relation.null else self.key

    @property
    def annotation(self) -> str:
        return f'"{self.target.name}{" | None" if self.relation.null else ""}"'

    @property
    def column_arguments(self) -> str:
        rule = self.relation.on_delete.replace("_", " ").upper()
        flag = ("" if self.soft else ", unique=True") if self.unique else ", index=True"
        return f'ForeignKey("{self.target.table}.id", ondelete="{rule}"){flag}'

    @property
    def relationship_arguments(self) -> str:
        back = self.relation.back
        parts = [f"back_populates={quote(back)}"] if back else []
        parts += [f"foreign_keys=[{self.attribute}]"] if self.ambiguous else []
        return ", ".join([*parts, *(["remote_side=[id]"] if self.itself else []), 'lazy="raise"'])

    @property
    def inverse(self) -> str:
        """The arguments of the relationship that leads back; empty where none does."""
        back, key = self.relation.back, f"{self.owner}.{self.attribute}"
        return describe_arguments(self.name, foreign_key=key if self.ambiguous else "") if back else ""

    @property
    def shared(self) -> bool:
        return not (self.relation.owner or self.relation.readonly or self.relation.internal)

    @property
    def updatable(self) -> bool:
        return self.shared and not self.relation.immutable

    @property
    def response_only(self) -> bool:
        return (self.relation.owner or self.relation.readonly) and not self.relation.internal

    @property
    def schema(self) -> str:
        key = "Int32" if self.key == "int" else self.key
        return f"{key} | None" if self.relation.null else key

    @property
    def create_schema(self) -> str:
        return f"{self.schema} = None" if self.relation.null else self.schema

    @property
    def update_schema(self) -> str:
        return (
            f"{'Int32' if self.key == 'int' else self.key} | MISSING{' | None' if self.relation.null else ''} = MISSING"
        )


def describe(spec: Spec, targets: Mapping[str, Target], *, account: bool = False) -> dict[str, Any]:
    """The variables of the resource templates.

    `targets` holds every model that `spec` refers to, by class name.
    """
    references = find_references(spec, targets)
    owner = next((reference for reference in references if reference.relation.owner), None)
    key = KEYS[spec.id_type]
    return {
        "spec": spec,
        "account": account,
        "labels": spec.plural.replace("_", " "),
        "id": f"{spec.snake}_id",
        "key": key,
        "key_default": _KEY_DEFAULTS[spec.id_type],
        "key_parameter": "Int32" if spec.id_type == "int" else "UUID",
        "operations": spec.operations,
        "soft": "soft_delete" in spec.mixins,
        "versioned": "versioned" in spec.mixins,
        "owner": owner,
        "passwords": [field for field in spec.fields if field.type == "password"],
        "active_fields": [field for field in spec.fields if field.name == "is_active" and field.type == "bool"],
        "aliased": any(field.key != field.attribute for field in spec.fields),
        "table_args": _table_arguments(spec, references),
        "guard": lambda operation: _guard(spec, operation, account=account),
        **_describe_queries(spec, references, owner),
        **_describe_bonds(spec, targets, references),
        **_describe_tests(spec, references, owner, account=account),
    }


def _describe_bonds(spec: Spec, targets: Mapping[str, Target], references: list[Reference]) -> dict[str, Any]:
    """What the resource refers to, is linked to and owns."""
    own = (spec.table, f"{spec.snake}_id", KEYS[spec.id_type])
    links = [Link(relation, targets[relation.target], *own) for relation in spec.references("m2m") if not relation.via]
    parts = find_parts(spec)
    linked_parts = [(part, targets[part.link.target]) for part in parts if part.link and part.in_create]
    shared = [reference for reference in references if reference.shared]
    met = [reference.target for reference in references] + [link.target for link in links]
    neighbours = {(target.snake, target.name) for target in met if not target.itself}
    checked = [reference.target for reference in shared]
    checked += [link.target for link in links] + [target for _, target in linked_parts]
    columns = [field.stored for field in spec.fields] + [reference.attribute for reference in references]
    return {
        "references": references,
        "checked_references": shared,
        "self_references": [reference for reference in references if reference.itself],
        "targets": sorted({reference.target for reference in references}, key=lambda target: target.snake),
        "partners": tuple(dict.fromkeys(target for target in checked if not target.itself)),
        "links": links,
        "parts": parts,
        "linked_parts": linked_parts,
        "rows": {part.name: part.rows(targets[part.link.target].key if part.link else "") for part in parts},
        "loaded": [*(part.name for part in parts), *(link.name for link in links)],
        "neighbours": sorted(neighbours | {(part.snake, part.child) for part in parts}),
        "touched": columns[0] if columns and {"timestamps", "versioned"} & {*spec.mixins} else "",
    }


def _describe_tests(
    spec: Spec, references: list[Reference], owner: Reference | None, *, account: bool
) -> dict[str, Any]:
    """What the tests send, and what they expect."""
    fields = (*spec.base_fields, *spec.create_only_fields)
    parents = [reference for reference in references if reference.relation.required and not reference.itself]
    data = {field.key: _sample(spec, field) for field in fields}
    others = {
        field.key: quote(samples.update_value(field))
        for field in fields
        if _has_two(field) and not _differs(spec, field)
    }
    rooted = bool(parents or any(part.link and part.rows() for part in find_parts(spec)))
    headers = "" if not account and spec.auth.read == spec.auth.write == "public" and not owner else "headers"
    if account or "superuser" in (spec.auth.read, spec.auth.write):
        headers = "admin_headers"
    return {
        "unknown_key": _UNKNOWN[KEYS[spec.id_type]],
        "unknown_owner": _UNKNOWN[owner.key] if owner else "",
        "headers": headers,
        "parents": parents,
        "rooted": rooted,
        "numbered": any("number" in source for source in data.values()),
        "data_call": lambda session: f"await {spec.snake}_data({session})" if rooted else f"{spec.snake}_data()",
        "data": data,
        "others": others,
        "filtered": [field for field in spec.base_fields if field.filter and _has_two(field)],
        "told_apart": [field.key for field in spec.base_fields if field.sortable and field.key in others],
        "echoed": [field for field in spec.base_fields if field.type != "duration"],
        "made": [field for field in spec.fields if field.source and _takes_words(spec.field(field.source))],
        "changed": _changed(spec),
        "invalid": [(field.key, _shorten(wrong)) for field in fields for wrong in samples.invalid_values(field)],
        "guarded": _list_routes(spec, "user", "superuser", "owner"),
        "restricted": _list_routes(spec, "superuser"),
        "private": [method for method, path in _list_routes(spec, "owner") if path],
        "required": [field.key for field in fields if field.required],
        "not_null": [field.key for field in spec.update_fields if not field.null],
        "nullable": [field.key for field in spec.update_fields if field.null],
        "hidden": [name for field in spec.secret_fields for name in dict.fromkeys((field.key, field.stored))],
    }


def _list_routes(spec: Spec, *access: str) -> list[tuple[str, str]]:
    """The method and the path of every operation that only these may call; what has an owner is created by users."""
    found = []
    for operation in spec.operations:
        needed = spec.auth.read if operation in ("list", "get") else spec.auth.write
        if operation == "create" and spec.owner and needed == "public":
            needed = "user"
        if needed in access:
            found.append((_METHODS[operation], "" if operation in ("list", "create") else "/{key}"))
    return found


def _describe_queries(spec: Spec, references: list[Reference], owner: Reference | None) -> dict[str, Any]:
    """How a list is narrowed, sorted and cut."""
    fields = [field for field in spec.fields if field.filter]
    keys = [reference for reference in references if reference.relation.filter]
    filters = [(field.attribute, columns.annotation(field), _alias(field)) for field in fields]
    filters += [(reference.attribute, "Int32" if reference.key == "int" else reference.key, "") for reference in keys]
    arguments = [(field.attribute, columns.mapped(field).removesuffix(" | None")) for field in fields]
    arguments += [(reference.attribute, reference.key) for reference in keys]
    own = owner is not None and spec.auth.read == "owner"
    if owner and own and owner not in keys:
        arguments.append((owner.attribute, owner.key))
    searched = [field for field in spec.fields if field.search]
    sortable = [(field.key, field.attribute) for field in spec.fields if field.sortable]
    if sortable and "timestamps" in spec.mixins:
        sortable.append(("created_at", "created_at"))
    sorts = [("id", "id"), *sortable] if sortable else []
    keyset = spec.pagination == "keyset"
    unpaged = spec.pagination == "none"
    own_class = bool(filters or searched or sorts)
    key = "Int32" if spec.id_type == "int" else KEYS[spec.id_type]
    response = f"{spec.name}Response"
    params, page = {
        "offset": ("PageParams", f"Paginated[{response}]"),
        "keyset": (f"CursorParams[{key}]", f"CursorPage[{response}, {KEYS[spec.id_type]}]"),
        "none": ("ListParams", f"list[{response}]"),
    }[spec.pagination]
    return {
        "queried": own or own_class or keyset or unpaged,
        "query_arguments": [*arguments, *([("search", "str")] if searched else [])],
        "filters": filters,
        "searched": searched,
        "searched_columns": _write_tuple([f"{spec.name}.{field.attribute}" for field in searched]),
        "sorts": sorts,
        "sort_names": ", ".join(quote(sign + name) for name, _ in sorts for sign in ("", "-")),
        "keyset": keyset,
        "unpaged": unpaged,
        "own_params": own_class,
        "params_class": f"{spec.name}Query" if own_class else params,
        "params_base": params,
        "page_class": page,
    }


def _write_tuple(items: list[str]) -> str:
    return f"{items[0]}," if len(items) == 1 else ", ".join(items)


def _alias(field: Field) -> str:
    return field.key if field.key != field.attribute else ""


def find_references(spec: Spec, targets: Mapping[str, Target]) -> list[Reference]:
    """The relations of `spec` that have a column of their own."""
    relations = spec.references("ref", "o2o")
    names = [relation.target for relation in relations]
    soft = "soft_delete" in spec.mixins
    return [
        Reference(relation, targets[relation.target], spec.name, names.count(relation.target) > 1, soft)
        for relation in relations
    ]


def find_unique(spec: Spec, references: list[Reference]) -> list[tuple[str, ...]]:
    """The columns, alone or together, whose values differ from row to row."""
    alone = [(field.column,) for field in spec.unique_fields]
    alone += [(reference.attribute,) for reference in references if reference.unique]
    return [*alone, *spec.unique_together]


def _where(condition: str) -> str:
    """The arguments that make an index partial, on both databases."""
    return f"postgresql_where=text({quote(condition)}), sqlite_where=text({quote(condition)})"


def _table_arguments(spec: Spec, references: list[Reference]) -> list[str]:
    alive = _where("deleted_at IS NULL")
    parts = []
    for names in find_unique(spec, references) if "soft_delete" in spec.mixins else spec.unique_together:
        listed = ", ".join(map(quote, names))
        soft = "soft_delete" in spec.mixins
        name = quote("_".join(["uq", spec.table, *names]))
        parts.append(f"Index({name}, {listed}, unique=True, {alive})" if soft else f"UniqueConstraint({listed})")
    parts += [f"CheckConstraint({quote(check.sql)}, name={quote(check.name)})" for check in spec.checks]
    for index in spec.indexes:
        arguments = ["None", *map(quote, index.columns)]
        arguments += ["unique=True"] if index.unique else []
        arguments += [_where(index.where)] if index.where else []
        parts.append(f"Index({', '.join(arguments)})")
    return parts


def _guard(spec: Spec, operation: Operation, *, account: bool) -> str:
    """The `dependencies=` of a route, with the comma before it; empty where anyone may call it."""
    access = spec.auth.read if operation in ("list", "get") else spec.auth.write
    guard = _ACCESS.get(access, "")
    if account:
        guards: Mapping[str, str] = {"create": "", "list": "get_current_superuser"}
        guard = guards.get(operation, "require_self_or_superuser")
    return f", dependencies=[Depends({guard})]" if guard else ""


def _sample(spec: Spec, field: Field) -> str:
    """Source of a JSON value for a test; where values must differ, one that changes with `number`."""
    if not _differs(spec, field):
        return quote(samples.value(field))
    source = samples.sequence(field, "number")
    if source and all(_evaluates(source, number, samples.value(field, number)) for number in (7, 88)):
        return source
    values = dict.fromkeys(quote(samples.value(field, n)) for n in range(1, 10))
    return f"({', '.join(values)}{',' * (len(values) == 1)})[number % {len(values)}]"


def _differs(spec: Spec, field: Field) -> bool:
    """Whether no two rows of the tests have the same value."""
    return field.unique or any(field.column in names for names in spec.unique_together)


def _has_two(field: Field) -> bool:
    return bool(samples.create_value(field) != samples.update_value(field))


def _takes_words(field: Field) -> bool:
    """Whether "Some words" is a valid value of the field."""
    longest = min(size for size in (field.max, field.args[0] if field.args else None, 1000) if isinstance(size, int))
    return field.type in ("str", "text") and not field.pattern and (field.min or 0) <= 10 <= longest


def _shorten(value: Any) -> str:
    """A JSON value as source, where a long run of one character is written as a product."""
    if isinstance(value, str) and len(value) > 20 and len(set(value)) == 1:
        return f"{quote(value[0])} * {len(value)}"
    return quote(value)


def _evaluates(source: str, number: int, value: Any) -> bool:
    """Whether `source`, a sequence as `samples` writes it, gives `value` for `number`."""
    if source.startswith("f"):
        return source[1:].replace("{number}", str(number)) == quote(value)
    return isinstance(value, int) and source == f"{value - number} + number"


def _changed(spec: Spec) -> tuple[str, str] | None:
    """The field that the update test changes, by its JSON key, and the source of its new value."""
    fields = [field for field in spec.update_fields if field in spec.base_fields and field.type != "duration"]
    for field in sorted(fields, key=lambda field: field.unique):
        before, after = samples.create_value(field), samples.update_value(field)
        if before != after:
            return field.key, quote(after)
    return None
