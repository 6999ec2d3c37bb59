"""Alterations: the statements of a migration that lead from one shape of a table to another, and back.

They run on PostgreSQL as they stand, and on SQLite through batch operations, which copy the table where they must. A
column that may not be NULL comes in three steps, so that a table with rows in it takes it: it is added, filled, closed.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.generate.literals import CALLS, quote, read_value, write_source
from layerwise.generate.migration import write_indexes, write_table
from layerwise.generate.resource import Piece
from layerwise.generate.spec import Field
from layerwise.generate.types import TYPES

_MADE = {"now": "sa.func.now()", "today": "sa.func.current_date()"}
_KINDS = {"UniqueConstraint": "unique", "ForeignKeyConstraint": "foreignkey", "CheckConstraint": "check"}


@dataclass(frozen=True, slots=True)
class Item:
    """An argument of `op.create_table`: its kind, what names it and its own arguments, all as source."""

    kind: str
    name: str
    arguments: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    source: str


def alter(old: Piece | None, new: Piece | None) -> list[str]:
    """The statements that lead from `old` to `new`, two shapes of one resource; None is no table at all."""
    if new is None:
        return _drop(old) if old else []
    if old is None:
        return _create(new)
    before, after = _read_items(old), _read_items(new)
    indexes, wanted = _write_indexes(old), _write_indexes(new)
    table = new.spec.table
    return [
        *[_drop_index(statement, table) for statement in indexes if statement not in wanted],
        *_drop_links(old, new),
        *_drop_items(table, [item for item in before if item not in after]),
        *_add_items(new, [item for item in after if item not in before]),
        *[statement for statement in wanted if statement not in indexes],
        *_create_links(new, old),
    ]


def find_unfilled(old: Piece, new: Piece) -> list[str]:
    """The columns that `new` adds and that the rows of a filled table could not have a value for."""
    added = [item for item in _read_items(new) if item.kind == "Column" and item not in _read_items(old)]
    fields = {field.column: field for field in new.spec.fields}
    return [
        item.name
        for item in added
        if ("nullable", "False") in item.keywords and not _can_fill(new, fields.get(item.name))
    ]


def _can_fill(piece: Piece, field: Field | None) -> bool:
    if field is None or (field.default is None and field.server_default is None):
        return False
    differs = field.unique or any(field.column in names for names in piece.spec.unique_together)
    return not differs or CALLS.get(field.type, {}).get(field.default or "") == "uuid4"


def _create(piece: Piece) -> list[str]:
    references = piece.context["references"]
    return [
        _create_table(piece.spec.table, write_table(piece.spec, references)),
        *write_indexes(piece.spec, references),
        *_create_links(piece, None),
    ]


def _drop(piece: Piece) -> list[str]:
    return [*_drop_links(piece, None), f"op.drop_table({quote(piece.spec.table)})"]


def _create_table(table: str, items: Sequence[str]) -> str:
    return "\n".join(["op.create_table(", f"    {quote(table)},", *(f"    {item}," for item in items), ")"])


def _create_links(piece: Piece, before: Piece | None) -> list[str]:
    known = {link.table for link in before.context["links"]} if before else set()
    found = []
    for link in piece.context["links"]:
        if link.table not in known:
            found.append(_create_table(link.table, link.items))
            name = f'op.f("ix_{link.table}_{link.column}")'
            found.append(f"op.create_index({name}, {quote(link.table)}, [{quote(link.column)}])")
    return found


def _drop_links(piece: Piece, after: Piece | None) -> list[str]:
    kept = {link.table for link in after.context["links"]} if after else set()
    return [f"op.drop_table({quote(link.table)})" for link in piece.context["links"] if link.table not in kept]


def _write_indexes(piece: Piece) -> list[str]:
    return write_indexes(piece.spec, piece.context["references"])


def _read_items(piece: Piece) -> list[Item]:
    return [_read_item(source) for source in write_table(piece.spec, piece.context["references"])]


def _read_item(source: str) -> Item:
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    arguments = tuple(ast.get_source_segment(source, part) or "" for part in call.args)
    keywords = tuple((part.arg or "", ast.get_source_segment(source, part.value) or "") for part in call.keywords)
    name = ast.literal_eval(arguments[0]) if call.func.attr == "Column" else dict(keywords)["name"]
    return Item(call.func.attr, name, arguments, keywords, source)


def _drop_index(statement: str, table: str) -> str:
    name = statement.removeprefix("op.create_index(").partition(", ")[0]
    return f"op.drop_index({name}, table_name={quote(table)})"


def _drop_items(table: str, items: list[Item]) -> list[str]:
    lines = [
        f'batch.drop_constraint({item.name}, type_="{_KINDS[item.kind]}")' for item in items if item.kind in _KINDS
    ]
    lines += [f"batch.drop_column({quote(item.name)})" for item in items if item.kind == "Column"]
    return _batch(table, lines)


def _add_items(piece: Piece, items: list[Item]) -> list[str]:
    table = piece.spec.table
    fields = {field.column: field for field in piece.spec.fields}
    columns_added = [item for item in items if item.kind == "Column"]
    closed = [item for item in columns_added if ("nullable", "False") in item.keywords]
    first = [f"batch.add_column({item.source.replace('nullable=False', 'nullable=True')})" for item in columns_added]
    fills = [line for item in closed for line in _fill(piece, item, fields.get(item.name))]
    second = [
        f"batch.alter_column({quote(item.name)}, existing_type={item.arguments[1]}, nullable=False)" for item in closed
    ]
    second += [_add_constraint(item) for item in items if item.kind != "Column"]
    return [*_batch(table, first), *fills, *_batch(table, second)]


def _add_constraint(item: Item) -> str:
    if item.kind == "UniqueConstraint":
        return f"batch.create_unique_constraint({item.name}, [{', '.join(item.arguments)}])"
    if item.kind == "CheckConstraint":
        return f"batch.create_check_constraint({item.name}, {item.arguments[0]})"
    local, remote = item.arguments
    table, _, key = ast.literal_eval(remote)[0].partition(".")
    rule = dict(item.keywords)["ondelete"]
    return f"batch.create_foreign_key({item.name}, {quote(table)}, {local}, [{quote(key)}], ondelete={rule})"


def _batch(table: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return ["\n".join([f"with op.batch_alter_table({quote(table)}) as batch:", *(f"    {line}" for line in lines)])]


def _fill(piece: Piece, item: Item, field: Field | None) -> list[str]:
    """The statements that give a new column a value in the rows that there are; none where none is known."""
    if field is None or field.default is None:
        return []
    table, column = quote(piece.spec.table), f"sa.column({quote(item.name)}, {item.arguments[1]})"
    if CALLS.get(field.type, {}).get(field.default) == "uuid4":
        key = "sa.Integer()" if piece.context["key"] == "int" else "sa.Uuid()"
        return [
            f'rows = sa.table({table}, sa.column("id", {key}), {column})',
            "connection = op.get_bind()",
            "for key in connection.scalars(sa.select(rows.c.id)).all():\n"
            f"    connection.execute(rows.update().where(rows.c.id == key).values({{{quote(item.name)}: uuid4()}}))",
        ]
    return [f"op.execute(sa.table({table}, {column}).update().values({{{quote(item.name)}: {_write_value(field)}}}))"]


def _write_value(field: Field) -> str:
    """The default as what the column holds: migrations do not import the application."""
    text = field.default or ""
    if text in CALLS.get(field.type, {}):
        return _MADE[text]
    value = read_value(field, text)
    return quote(value) if TYPES[field.type].kind == "enum" else write_source(field, value)
