"""Revision: the migration that creates the new table, in the style of the project's newest and of the exemplar's."""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layerwise.errors import InvalidInputError
from layerwise.generate.likeness.attributes import Attribute
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.migration import Revision, find_head, read_revisions
from layerwise.project.models import Column
from layerwise.project.module import Module

_STEP = "Write the migration of the new table: alembic revision --autogenerate -m 'create {table}'. {why}"
_TYPES = {
    "int": "Integer()", "str": "String()", "datetime": "DateTime()", "date": "Date()", "bool": "Boolean()",
    "float": "Float()", "UUID": "Uuid()", "Decimal": "Numeric()",
}  # fmt: skip
_KNOWN = re.compile(
    r"^(?:sa\.|sqlalchemy\.)?(String|Text|Integer|SmallInteger|BigInteger|Float|Numeric|Boolean|Date|Time|DateTime|"
    r"Interval|Uuid|LargeBinary|JSON|Unicode)(\(.*\))?$",
    re.S,
)
_RULE = r"\b{name}\b\s*[:=](?:(?!\n\s*\w+\s*[:=] ).){{0,300}}?ondelete=[\"'](\w[\w ]*)"


def say_step(table: str, why: str) -> str:
    """What is to be done where no migration was written."""
    return _STEP.format(table=table, why=why)


@dataclass(frozen=True, slots=True)
class Written:
    """A migration's path and text, or why none was written."""

    path: str = ""
    text: str = ""
    step: str = ""


def write_revision(likeness: Likeness, table: str, wish: str) -> Written:
    """The migration that creates `table`; `wish` is what its revision id follows from.

    A project without migrations gets none; where they have several heads, a step says what to do instead.
    """
    texts = {
        path: module.text or ""
        for path, module in likeness.project.modules.items()
        if "revision" in module.variables and "down_revision" in module.variables
    }
    if not texts:
        return Written()
    made = _find_creation(texts, likeness.exemplar.model.table)
    folder = _folder_of(made.path if made else max(texts, key=lambda path: _count_beside(path, texts)))
    texts = {path: text for path, text in texts.items() if _folder_of(path) == folder}
    revisions = read_revisions(texts)
    revision = _name_revision(wish, revisions)
    if any(known.revision == revision for known in revisions):
        return Written()
    try:
        head = find_head(revisions)
    except InvalidInputError as error:
        return Written(step=say_step(table, str(error)))
    newest = next(known for known in revisions if known.revision == head)
    body = _write_body(likeness, table, made)
    if body is None:
        return Written(step=say_step(table, "Some column types are the project's own."))
    return Written(_name_file(newest, revision, table), _fill(texts[newest.path], newest, revision, table, body))


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _count_beside(path: str, texts: Iterable[str]) -> int:
    return sum(_folder_of(other) == _folder_of(path) for other in texts)


def _name_revision(wish: str, revisions: tuple[Revision, ...]) -> str:
    """A number where revisions are numbered, else twelve digits that follow from the wish."""
    numbers = [known.revision for known in revisions if known.revision.isdigit() and len(known.revision) <= 5]
    if numbers and len(numbers) == len(revisions):
        return str(max(map(int, numbers)) + 1).zfill(len(numbers[0]))
    return hashlib.sha256(wish.encode()).hexdigest()[:12]


def _name_file(newest: Revision, revision: str, table: str) -> str:
    """The file beside the newest, its name put together as that one's is."""
    folder, _, file = newest.path.rpartition("/")
    stem = file.removesuffix(".py")
    words = f"create_{table.rpartition('.')[2]}"
    if newest.revision in stem:
        before, _, after = stem.partition(newest.revision)
        if before and not before[0].isdigit() and not after:
            return f"{folder}/{words}_{revision}.py"
        separator = "-" if after.startswith("-") else "_"
        return f"{folder}/{before}{revision}{separator}{words if separator == '_' else words.replace('_', '-')}.py"
    dated = re.match(r"[\d_-]*\d[_-]+", stem)
    numbered = re.fullmatch(r"(\d{3,5})[_-]+", dated[0]) if dated else None
    if numbered:
        return f"{folder}/{str(int(numbered[1]) + 1).zfill(len(numbered[1]))}_{words}.py"
    return f"{folder}/{dated[0] if dated else f'{revision}_'}{words}.py"


@dataclass(frozen=True, slots=True)
class Creation:
    """The migration that creates the exemplar's table: its path, and the sources of the columns and of the rest."""

    path: str
    columns: dict[str, str]
    rest: tuple[str, ...]
    indexed: frozenset[str]


def _find_creation(texts: dict[str, str], table: str) -> Creation | None:
    """The newest by name that creates `table`."""
    for path, text in sorted(texts.items(), reverse=True):
        if not table or "create_table" not in text or table not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if _is_creation(node, table):
                assert isinstance(node, ast.Call)
                return _read_creation(path, text, node, table)
    return None


def _is_creation(node: ast.AST, table: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("create_table")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == table
    )


def _read_creation(path: str, text: str, node: ast.Call, table: str) -> Creation:
    columns, rest = {}, []
    for argument in node.args[1:]:
        source = ast.get_source_segment(text, argument) or ""
        if isinstance(argument, ast.Call) and ast.unparse(argument.func).endswith("Column") and argument.args:
            columns[str(getattr(argument.args[0], "value", ""))] = source
        else:
            rest.append(source)
    indexed = re.findall(rf"create_index\([^\n]*?[\"']{re.escape(table)}[\"'],\s*\[[\"'](\w+)[\"']\]", text)
    return Creation(path, columns, tuple(rest), frozenset(indexed))


@dataclass(frozen=True, slots=True)
class _Body:
    """The statements that make the table and those that take it away."""

    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...]


def _write_body(likeness: Likeness, table: str, made: Creation | None) -> _Body | None:
    items: list[str] = []
    placed = False
    fields = {column.name for column in likeness.exemplar.fields}
    dropped = {bond.attribute for bond in likeness.dropped}
    order = list(made.columns) if made else []
    columns = sorted(
        likeness.exemplar.model.columns,
        key=lambda column: order.index(column.name) if column.name in order else len(order),
    )
    for column in columns:
        if column.name in fields | dropped:
            if not placed:
                placed = True
                items += [_write_new(attribute) for attribute in likeness.attributes]
            continue
        kept = made.columns.get(column.name) if made else None
        source = likeness.rename(kept) if kept and _still_holds(kept, column) else _write_kept(likeness, column)
        if source is None:
            return None
        items.append(source)
    items += [] if placed else [_write_new(attribute) for attribute in likeness.attributes]
    items += _write_constraints(likeness, table, made)
    indexes = [attribute for attribute in likeness.attributes if attribute.index]
    kept_indexes = sorted(made.indexed - fields - dropped) if made else []
    names = [(likeness.rename(name), False) for name in kept_indexes]
    names += [(attribute.name, attribute.unique) for attribute in indexes]
    inner = "".join(f"        {item},\n" for item in items)
    upgrade = [f'op.create_table(\n        "{table}",\n{inner}    )']
    upgrade += [
        f'op.create_index(op.f("ix_{table}_{name}"), "{table}", ["{name}"], unique={unique})' for name, unique in names
    ]
    downgrade = [f'op.drop_index(op.f("ix_{table}_{name}"), table_name="{table}")' for name, _ in reversed(names)]
    return _Body(tuple(upgrade), (*downgrade, f'op.drop_table("{table}")'))


def _write_new(attribute: Attribute) -> str:
    kind = attribute.column or _TYPES.get(attribute.python.rpartition(".")[2], "String()")
    kind = kind if "(" in kind else f"{kind}()"
    kind = kind.removeprefix("sa.")
    kind = re.sub(r"^String\((\d+)\)", r"String(length=\1)", kind)
    return f'sa.Column("{attribute.name}", sa.{kind}, nullable={attribute.null})'


def _still_holds(source: str, column: Column) -> bool:
    """Whether a column is of the kind that the migration gave it, not changed by a later one."""
    kind = column.python.rpartition(".")[2] or column.type.partition("(")[0]
    written = source.lower()
    return ("uuid" in kind.lower()) == ("uuid" in written or "guid" in written)


def _write_kept(likeness: Likeness, column: Column) -> str | None:
    """A column that every resource has; None where its type cannot be written here."""
    kind = column.type
    if not kind:
        kind = _TYPES.get(column.python.rpartition(".")[2], "")
    found = _KNOWN.match(kind)
    if found is None and kind not in _TYPES.values():
        return None
    written = f"{found[1]}{found[2] or '()'}" if found else kind
    default = (
        f", server_default={column.server_default}" if re.match(r"(sa\.)?(text|func)\b", column.server_default) else ""
    )
    default = re.sub(r"=(text|func)", r"=sa.\1", default)
    return f'sa.Column("{likeness.rename(column.name)}", sa.{written}{default}, nullable={column.nullable})'


def _write_constraints(likeness: Likeness, table: str, made: Creation | None) -> list[str]:
    named = any("naming_convention" in (module.text or "") for module in _base_modules(likeness))
    found = []
    for attribute in likeness.attributes:
        if attribute.target is not None:
            rule = f', ondelete="{attribute.on_delete}"' if attribute.on_delete != "RESTRICT" else ""
            name = f'op.f("fk_{table}_{attribute.name}_{attribute.target.table}")'
            label = f", name={name}" if named else ""
            key = f"{attribute.target.table}.{attribute.target.key}"
            found.append(f'sa.ForeignKeyConstraint(["{attribute.name}"], ["{key}"]{label}{rule})')
        if attribute.unique and not attribute.index:
            label = f', name=op.f("uq_{table}_{attribute.name}")' if named else ""
            found.append(f'sa.UniqueConstraint("{attribute.name}"{label})')
    for bond in (*likeness.kept, *likeness.paired):
        target = likeness.paired[bond].target if bond in likeness.paired else None
        column = likeness.rename(bond.attribute)
        to = target.table if target else bond.target.table
        key = target.key if target else next((each.name for each in bond.target.columns if each.primary_key), "id")
        cascade = re.search(_RULE.format(name=bond.attribute), likeness.read(bond.place), re.S)
        label = f', name=op.f("fk_{table}_{column}_{to}")' if named else ""
        tail = f', ondelete="{cascade[1]}"' if cascade else ""
        found.append(f'sa.ForeignKeyConstraint(["{column}"], ["{to}.{key}"]{label}{tail})')
    keys = [column.name for column in likeness.exemplar.model.columns if column.primary_key]
    label = f', name=op.f("pk_{table}")' if named else ""
    listed = ", ".join(f'"{likeness.rename(key)}"' for key in keys)
    found.append(f"sa.PrimaryKeyConstraint({listed}{label})")
    return found


def _base_modules(likeness: Likeness) -> Iterator[Module]:
    for ancestor in likeness.project.classes.ancestors(likeness.exemplar.model.symbol):
        if module := likeness.project.module_of(ancestor):
            yield module
            for item in module.outline.imports:
                source = likeness.project.module_of(likeness.project.resolve(module.path, item.name))
                if source is not None:
                    yield source


def _fill(text: str, newest: Revision, revision: str, table: str, body: _Body) -> str:
    """The newest migration's text with another id, parent, message and body."""
    head, _, functions = text.partition("\ndef upgrade")
    returns = " -> None" if functions.startswith("() -> None") else ""
    docstring = re.match(r"\s*(\"{3}|'{3}).*?\1", head, re.S)
    if docstring:
        quotes = docstring[1]
        message = f"{quotes}Create {table}\n\nRevision ID: {revision}\nRevises: {newest.revision}\n\n{quotes}"
        head = message + head[docstring.end() :]
    head = re.sub(r"^(revision\b[^=\n]*=\s*)([\"']).*?\2", rf"\g<1>\g<2>{revision}\2", head, flags=re.M)
    quoted = re.search(r"^revision\b[^=\n]*=\s*([\"'])", head, re.M)
    quote = quoted[1] if quoted else '"'
    head = re.sub(
        r"^(down_revision\b[^=\n]*=\s*)(\(.*?\)|[^\n]+)", rf"\g<1>{quote}{newest.revision}{quote}", head, flags=re.M
    )
    lines = [f"\ndef upgrade(){returns}:", *(f"    {each}" for each in body.upgrade)]
    lines += ["", "", f"def downgrade(){returns}:", *(f"    {each}" for each in body.downgrade)]
    written = head + "\n".join(lines) + "\n"
    if quote == "'":
        written = head + "\n".join(lines).replace('"', "'") + "\n"
    return written
