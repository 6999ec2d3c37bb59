"""Frozen dataclasses as JSON rows and back: lists of field values, without names, so that a cache stays small."""

from dataclasses import fields
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

_PLANS: dict[type, tuple[type | None, ...]] = {}


def to_row(value: Any) -> Any:
    """`value` as JSON-ready lists: a dataclass becomes the list of its fields' values."""
    if isinstance(value, tuple):
        return [to_row(item) for item in value]
    plan = getattr(type(value), "__dataclass_fields__", None)
    return value if plan is None else [to_row(getattr(value, name)) for name in plan]


def from_row(kind: type[T], row: Any) -> T:
    """The `kind` that `row` was made from. Raises TypeError, ValueError or IndexError when it has another shape."""
    plan = _PLANS.get(kind) or _make_plan(kind)
    values = list(row)
    if len(values) != len(plan):
        raise ValueError(f"a row of {kind.__name__} has {len(plan)} values, not {len(values)}")
    for position, item in enumerate(plan):
        if item is not None:
            values[position] = tuple(values[position]) if item is str else from_rows(item, values[position])
    return kind(*values)


def from_rows(kind: type[T], rows: Any) -> tuple[T, ...]:
    """As `from_row`, for a list of rows."""
    plan = _PLANS.get(kind) or _make_plan(kind)
    if any(plan):
        return tuple([from_row(kind, row) for row in rows])
    return tuple([kind(*row) for row in rows])


def _make_plan(kind: type) -> tuple[type | None, ...]:
    """For each field: None for a plain value, `str` for a tuple of plain ones, else the dataclass of its items."""
    hints = get_type_hints(kind)
    plan: list[type | None] = []
    for field in fields(kind):
        hint = hints[field.name]
        if get_origin(hint) is not tuple:
            plan.append(None)
        else:
            item = get_args(hint)[0]
            plan.append(item if hasattr(item, "__dataclass_fields__") else str)
    _PLANS[kind] = tuple(plan)
    return _PLANS[kind]
