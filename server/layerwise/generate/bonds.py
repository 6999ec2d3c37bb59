"""Bonds of a resource to many rows: the parts that belong to it, and the rows of others that it is linked to."""

from dataclasses import dataclass

from layerwise.generate import samples
from layerwise.generate.literals import quote
from layerwise.generate.names import pluralize, snake_case
from layerwise.generate.spec import Field, Relation, Spec
from layerwise.generate.target import KEY_TYPES, Target, json_key

_POSITION = "position"


@dataclass(frozen=True, slots=True)
class Part:
    """Items that come along with their owner: of a `has_many` with fields, or of an `m2m` via a class of its own.

    They stand in the owner's requests and answers; a change of the owner that names them replaces them all.
    """

    relation: Relation
    entity: str

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def child(self) -> str:
        return self.relation.via or self.relation.target

    @property
    def snake(self) -> str:
        return snake_case(self.child)

    @property
    def back(self) -> str:
        """The attribute of an item that leads to its owner."""
        return snake_case(self.entity) if self.relation.via else self.relation.back

    @property
    def link(self) -> Relation | None:
        """What an item of an `m2m` links its owner to; each only once."""
        if not self.relation.via:
            return None
        name = snake_case(self.relation.target)
        name = f"related_{name}" if self.relation.target == self.entity else name
        return Relation("ref", name, self.relation.target, on_delete=self.relation.on_delete)

    @property
    def order(self) -> str:
        return self.relation.order_by or _POSITION

    @property
    def counted(self) -> bool:
        """The order is that of the request, kept in a column of its own."""
        return all(field.name != self.order for field in self.relation.fields)

    @property
    def in_create(self) -> bool:
        return not self.relation.embed or "create" in self.relation.embed

    @property
    def in_response(self) -> bool:
        return not self.relation.embed or "response" in self.relation.embed

    @property
    def bounds(self) -> str:
        """The arguments of the list's `Field`."""
        least = [f"min_length={self.relation.min}"] if self.relation.min else []
        return ", ".join([*least, f"max_length={self.relation.max or 100}"])

    @property
    def relationship_arguments(self) -> str:
        """The arguments of the owner's relationship: its items live and die with it."""
        parts = [f"back_populates={quote(self.back)}"]
        if self.relation.target == self.entity:
            parts.append(f"foreign_keys={quote(f'{self.child}.{self.back}_id')}")
        parts += ['cascade="save-update, merge, delete, delete-orphan"', "passive_deletes=True"]
        order = f"{self.child}.{self.order}" if self.counted else f"({self.child}.{self.order}, {self.child}.id)"
        return ", ".join([*parts, f"order_by={quote(order)}", 'lazy="raise"'])

    def rows(self, key: str = "UUID") -> list[str]:
        """Source of sample items, as JSON, as many as the bounds ask for and two where they allow it.

        What an item links to is made by its factory, and has a key of the type `key`; rows that link to their own kind
        have none to begin with.
        """
        if self.relation.target == self.entity:
            return []
        count = max(self.relation.min or 0, min(2, self.relation.max or 2))
        fields = [field for field in self.relation.fields if not (field.readonly or field.internal)]
        rows = [quote({field.key: samples.value(field, number) for field in fields}) for number in range(1, count + 1)]
        if self.link is None:
            return rows
        pair = f'"{self.link.attribute}": {json_key(f"(await create_{self.link.name}(session)).id", key)}'
        return [f"{{{pair}, {row.removeprefix('{')}" if row != "{}" else f"{{{pair}}}" for row in rows]

    @property
    def compared(self) -> bool:
        """Whether every value comes back as it was sent, in the order in which it was sent."""
        return self.counted and all(field.type != "duration" and not field.secret for field in self.relation.fields)

    def spec(self, owner: Spec) -> Spec:
        """The items as a resource of their own, which has only a model and schemas."""
        position = (Field(self.order, "int", internal=True),) if self.counted else ()
        back = Relation("ref", self.back, owner.name, back=self.name, on_delete="cascade", internal=True)
        links = (self.link,) if self.link else ()
        plural = pluralize(self.snake)
        return Spec(
            self.child,
            plural,
            plural,
            (*self.relation.fields, *position),
            (back, *links),
            tuple((back.attribute, link.attribute) for link in links),
            mixins=(),
            layers=("model", "schemas", "migration"),
            id_type=owner.id_type,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """An `m2m` without a class between: its table, and the list of keys in the schemas."""

    relation: Relation
    target: Target
    own_table: str
    own_column: str
    own_key: str

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def table(self) -> str:
        return self.relation.table

    @property
    def attribute(self) -> str:
        return self.relation.attribute

    @property
    def column(self) -> str:
        return f"related_{self.own_column}" if self.target.itself else f"{self.target.snake}_id"

    @property
    def relationship_arguments(self) -> str:
        """The arguments of the model's relationship; rows that link to their own kind say which end is theirs."""
        name = self.target.name
        ends = (("primaryjoin", self.own_column), ("secondaryjoin", self.column)) if self.target.itself else ()
        parts = [f"secondary={self.table}"]
        parts += [f"{end}=lambda: {name}.id == {self.table}.c.{column}" for end, column in ends]
        parts += (
            [f"back_populates={quote(self.relation.back)}"] if self.relation.back and not self.target.itself else []
        )
        return ", ".join([*parts, f"order_by={quote(f'{name}.id')}", 'lazy="raise"'])

    @property
    def item(self) -> str:
        """The type of a key in a request."""
        return "Int32" if self.target.key == "int" else self.target.key

    @property
    def items(self) -> list[str]:
        """The arguments of `op.create_table` behind the table's name."""
        sides = ((self.own_column, self.own_key, self.own_table), (self.column, self.target.key, self.target.table))
        rows = [f"sa.Column({quote(column)}, {KEY_TYPES[key]}, nullable=False)" for column, key, _ in sides]
        names = ", ".join(quote(column) for column, _, _ in sides)
        rows.append(f'sa.PrimaryKeyConstraint({names}, name=op.f("pk_{self.table}"))')
        for column, _, table in sides:
            name = f'op.f("fk_{self.table}_{column}_{table}")'
            rows.append(f'sa.ForeignKeyConstraint(["{column}"], ["{table}.id"], name={name}, ondelete="CASCADE")')
        return rows


def find_parts(spec: Spec) -> list[Part]:
    """The items that come along with a resource."""
    found = [relation for relation in spec.references("has_many", "m2m") if relation.via or _has_items(relation)]
    return [Part(relation, spec.name) for relation in found]


def _has_items(relation: Relation) -> bool:
    return relation.kind == "has_many" and bool(relation.fields)
