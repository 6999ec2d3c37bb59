"""Bonds of a resource to many rows: the parts that belong to it, and the rows of others that it is linked to."""

from dataclasses import dataclass

from layerwise.generate import samples
from layerwise.generate.literals import quote
from layerwise.generate.names import pluralize, snake_case
from layerwise.generate.spec import Field, Relation, Spec
from layerwise.generate.target import KEY_TYPES, Target

_POSITION = "position"


@dataclass(frozen=True, slots=True)
class Part:
    """A `has_many` whose items come along: their class, and how they stand in the owner's schemas."""

    relation: Relation

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def child(self) -> str:
        return self.relation.target

    @property
    def snake(self) -> str:
        return snake_case(self.child)

    @property
    def back(self) -> str:
        return self.relation.back

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
        least = [f"min_length={self.relation.min}"] if self.relation.min else ["default_factory=list"]
        return ", ".join([*least, f"max_length={self.relation.max or 100}"])

    @property
    def rows(self) -> list[str]:
        """Source of sample items, as JSON, as many as the bounds ask for and two where they allow it."""
        count = max(self.relation.min or 0, min(2, self.relation.max or 2))
        fields = [field for field in self.relation.fields if not (field.readonly or field.internal)]
        return [quote({field.key: samples.value(field, number) for field in fields}) for number in range(1, count + 1)]

    @property
    def compared(self) -> bool:
        """Whether every value comes back as it was sent, in the order in which it was sent."""
        return self.counted and all(field.type != "duration" and not field.secret for field in self.relation.fields)

    def spec(self, owner: Spec) -> Spec:
        """The items as a resource of their own, which has only a model and schemas."""
        position = (Field(self.order, "int", internal=True),) if self.counted else ()
        back = Relation("ref", self.back, owner.name, on_delete="cascade", internal=True)
        plural = pluralize(self.snake)
        return Spec(
            self.child,
            plural,
            plural,
            (*self.relation.fields, *position),
            (back,),
            mixins=(),
            layers=("model", "schemas", "migration"),
            id_type=owner.id_type,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """An `m2m`: the table between, and the list of keys in the schemas."""

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
        return f"{self.target.snake}_id"

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
    return [Part(relation) for relation in spec.references("has_many") if relation.fields]
