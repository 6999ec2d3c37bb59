"""Target: a model as those see it that refer to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from layerwise.generate.spec import IdType, Spec

KEYS: Mapping[IdType, str] = {"auto": "UUID", "uuid4": "UUID", "uuid7": "UUID", "int": "int"}
KEY_TYPES: Mapping[str, str] = {"UUID": "sa.Uuid()", "int": "sa.Integer()"}


@dataclass(frozen=True, slots=True)
class Target:
    """A model that a reference leads to: its class, its module, its table and the Python type of its key.

    A `soft` one keeps the rows that are deleted.
    """

    name: str
    snake: str
    plural: str
    table: str
    key: str
    itself: bool = False
    soft: bool = False

    @property
    def label(self) -> str:
        return self.snake.replace("_", " ")


def json_key(source: str, key: str) -> str:
    """Source of a key as JSON has it; `source` gives the key, `key` is its Python type."""
    return source if key == "int" else f"str({source})"


def describe_target(spec: Spec, *, itself: bool = False) -> Target:
    """The target that `spec` is for those who refer to it."""
    return Target(
        spec.name, spec.snake, spec.plural, spec.table, KEYS[spec.id_type], itself, "soft_delete" in spec.mixins
    )
