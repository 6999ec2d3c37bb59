"""Spec: the validated wish, one value behind the three forms in which it can be told.

How a template reads it. Everything is resolved before a Spec exists, so that a template only walks it:

* `spec.name` is the class (`OrderItem`), `spec.snake` the module and variable (`order_item`), `spec.plural` the
  plural in snake case (`order_items`), `spec.table` the table, `spec.path` the URL segment (`order-items`).
* A field has four names. `field.name` is the developer's; `field.attribute` the attribute of model and schema (it
  differs where the name is reserved: `class_`, `schema_`); `field.column` the database column; `field.key` the JSON
  key. A schema gives `alias=field.key` where `field.key != field.attribute`; a model names the column where
  `field.column != field.stored`. `field.stored` is the model's attribute: `hashed_password` for a `password` field.
* `spec.base_fields`, `create_only_fields`, `update_fields`, `response_only_fields`, `secret_fields` say which schema
  holds which field: Base; Create = Base + create only; Update = all optional; Response = Base + response only;
  InDB = Response + secrets.
* `columns` turns a field into source text: `mapped` and `mapped_column` for the model, `migration_column`, and
  `schema_field` for each schema; `columns.imports` says what such texts import. `samples` gives test values: `value`,
  `value_source`, `invalid_value`, `sequence`.
* A relation of kind `ref` or `o2o` has a foreign key, `relation.attribute` (`owner_id`); `has_many` has none here, the
  target holds it; `m2m` has an association table, `relation.table`, or with `via` an association class whose payload
  is `relation.fields`. The target `self` is resolved: compare `relation.target == spec.name`.

`id_type`, `auth`, `pagination` and `on_delete` never hold a guess about the user's project: `auto` is resolved by
whoever knows the project.
"""

from dataclasses import dataclass
from typing import Literal

from layerwise.generate.names import attribute_name, kebab_case, singularize, snake_case

RelationKind = Literal["ref", "o2o", "has_many", "m2m"]
OnDelete = Literal["restrict", "cascade", "set_null"]
Mixin = Literal["timestamps", "soft_delete", "versioned"]
Operation = Literal["list", "get", "create", "update", "delete"]
Layer = Literal[
    "model", "schemas", "repository", "service", "exceptions", "endpoint", "deps", "router", "migration", "tests"
]
Pagination = Literal["offset", "keyset", "none"]
IdType = Literal["auto", "int", "uuid4", "uuid7"]
Embed = Literal["create", "response"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column with its place in the schemas.

    `type` is a name of `types.TYPES`, `args` its arguments with their defaults filled in: `("str", (255,))`,
    `("decimal", (10, 2))`, `("enum", ("draft", "paid"))`, `("list", ("int",))`, `("json", ("Meta",))`.
    `null` allows NULL. `default` is the value as text, in the form of `literals.read_value` (`None`: there is none); a
    field with one may be left out of Create. Bounds are texts, so that a decimal stays exact; `min` and `max` count
    characters or items. `enum` is the class of an enum's values, named after its owner (`OrderStatus`).
    """

    name: str
    type: str
    args: tuple[str | int, ...] = ()
    null: bool = False
    default: str | None = None
    unique: bool = False
    index: bool = False
    filter: bool = False
    search: bool = False
    sortable: bool = False
    immutable: bool = False
    readonly: bool = False
    writeonly: bool = False
    internal: bool = False
    check: bool = False
    ge: str | None = None
    gt: str | None = None
    le: str | None = None
    lt: str | None = None
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    source: str | None = None
    server_default: str | None = None
    column_name: str | None = None
    alias: str | None = None
    example: str | None = None
    description: str | None = None
    enum: str = ""

    @property
    def required(self) -> bool:
        """Create must name it: it has neither a default nor NULL nor another field that it is made from."""
        return not self.null and self.default is None and self.server_default is None and self.source is None

    @property
    def deferred(self) -> bool:
        """Where Create leaves it out it is made later: from another field, or by the database."""
        return self.source is not None or self.server_default is not None

    @property
    def attribute(self) -> str:
        """The attribute of the schemas, with an underscore where the name is reserved."""
        return attribute_name(self.name)

    @property
    def stored(self) -> str:
        """The attribute of the model; a password is only ever stored as its hash."""
        return f"hashed_{self.name}" if self.type == "password" else self.attribute

    @property
    def column(self) -> str:
        """The database column."""
        if self.column_name is not None:
            return self.column_name
        return self.stored if self.type == "password" else self.name

    @property
    def key(self) -> str:
        """The name in JSON."""
        return self.alias or self.name

    @property
    def secret(self) -> bool:
        """Never in a response: written only, or internal."""
        return self.writeonly or self.internal


@dataclass(frozen=True, slots=True)
class Relation:
    """A bond to another entity, `target` by class name.

    `back` is the attribute on the target that leads back, empty where there is none. `null` (ref, o2o) allows no
    target. `owner` marks the reference to the user that rows belong to. `via` names the association class of an m2m
    with payload; `fields` are its payload, or the fields of the items that a `has_many` brings along. `embed` says
    where a `has_many` is nested; `min` and `max` bound its number of items; `order_by` names the items' order.
    """

    kind: RelationKind
    name: str
    target: str
    back: str = ""
    null: bool = False
    on_delete: OnDelete = "restrict"
    owner: bool = False
    unique: bool = False
    filter: bool = False
    immutable: bool = False
    readonly: bool = False
    internal: bool = False
    via: str = ""
    fields: tuple[Field, ...] = ()
    embed: tuple[Embed, ...] = ()
    min: int | None = None
    max: int | None = None
    order_by: str = ""
    table: str = ""
    description: str | None = None

    @property
    def required(self) -> bool:
        """Create must name it."""
        return self.kind in ("ref", "o2o") and not self.null and not self.owner

    @property
    def attribute(self) -> str:
        """What holds the key: `owner_id`; for m2m the list of keys, `tag_ids`; for has_many its own name."""
        if self.kind in ("ref", "o2o"):
            return f"{self.name}_id"
        return f"{singularize(self.name)}_ids" if self.kind == "m2m" and not self.via else self.name


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint: its name without prefix and its portable SQL."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index over columns; `where` makes it partial."""

    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Auth:
    """Who may read and write: `public`, `user`, `superuser` or `owner`; `auto` is resolved by `settle`."""

    read: str = "auto"
    write: str = "auto"

    def settle(self, *, owned: bool, login: bool) -> "Auth":
        """Without a word on it: what has an owner is theirs; else anyone reads, and writing needs a login if any is."""
        read = "owner" if owned else "public"
        write = "owner" if owned else "user" if login else "public"
        return Auth(read if self.read == "auto" else self.read, write if self.write == "auto" else self.write)


OPERATIONS: tuple[Operation, ...] = ("list", "get", "create", "update", "delete")
LAYERS: tuple[Layer, ...] = (
    "model", "schemas", "repository", "service", "exceptions", "endpoint", "deps", "router", "migration", "tests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spec:
    """An entity with everything that its code follows from; see the module's text for how to read it."""

    name: str
    plural: str
    table: str
    fields: tuple[Field, ...] = ()
    relations: tuple[Relation, ...] = ()
    unique_together: tuple[tuple[str, ...], ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    mixins: tuple[Mixin, ...] = ("timestamps",)
    operations: tuple[Operation, ...] = OPERATIONS
    layers: tuple[Layer, ...] = LAYERS
    auth: Auth = Auth()
    pagination: Pagination = "offset"
    id_type: IdType = "auto"
    description: str | None = None

    @property
    def snake(self) -> str:
        """`order_item`: module, variable, foreign key stem."""
        return snake_case(self.name)

    @property
    def path(self) -> str:
        """`order-items`: the URL segment."""
        return kebab_case(self.plural)

    @property
    def label(self) -> str:
        """`order item`: for messages and docstrings."""
        return self.snake.replace("_", " ")

    @property
    def base_fields(self) -> tuple[Field, ...]:
        """Shared by Create and Response: neither secret nor read only."""
        return tuple(field for field in self.fields if not (field.secret or field.readonly))

    @property
    def create_only_fields(self) -> tuple[Field, ...]:
        """In Create but never in a response: written only, such as a password."""
        return tuple(field for field in self.fields if field.writeonly and not (field.internal or field.readonly))

    @property
    def update_fields(self) -> tuple[Field, ...]:
        """What a PATCH may change, all optional."""
        return tuple(field for field in (*self.base_fields, *self.create_only_fields) if not field.immutable)

    @property
    def response_only_fields(self) -> tuple[Field, ...]:
        """In Response but not in Create: set by the server."""
        return tuple(field for field in self.fields if field.readonly and not field.secret)

    @property
    def secret_fields(self) -> tuple[Field, ...]:
        """Stored but only in InDB."""
        return tuple(field for field in self.fields if field.secret)

    @property
    def unique_fields(self) -> tuple[Field, ...]:
        """Each a `get_by_<name>` of the repository and a conflict of the service."""
        return tuple(field for field in self.fields if field.unique)

    @property
    def enums(self) -> tuple[Field, ...]:
        """The fields that need an enum class."""
        return tuple(field for field in self.fields if field.type == "enum")

    @property
    def owner(self) -> Relation | None:
        """The reference to the user that rows belong to."""
        return next((relation for relation in self.relations if relation.owner), None)

    def references(self, *kinds: RelationKind) -> tuple[Relation, ...]:
        """The relations of these kinds, in order."""
        return tuple(relation for relation in self.relations if relation.kind in kinds)

    def field(self, name: str) -> Field:
        """The field called `name`; KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)
