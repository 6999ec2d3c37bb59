"""Migrations written from the spec: what creates a table, with a revision that follows from its content."""

import ast
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from layerwise.errors import InvalidInputError
from layerwise.generate import columns
from layerwise.generate.literals import quote
from layerwise.generate.spec import Index, Spec
from layerwise.generate.target import KEY_TYPES, KEYS
from layerwise.generate.view import Reference, find_unique

# PostgreSQL cuts longer names, and then no migration finds its constraint again.
MAX_IDENTIFIER = 63

_NUMBER = re.compile(r"(\d{4})_")


@dataclass(frozen=True, slots=True)
class Revision:
    """One file of `alembic/versions`."""

    path: str
    revision: str
    parents: tuple[str, ...]


def read_revisions(files: Mapping[str, str]) -> tuple[Revision, ...]:
    """The revisions that these files (text by path) declare, found without importing them.

    Raises InvalidInputError naming a file that cannot be parsed.
    """
    found = []
    for path, text in sorted(files.items()):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            raise InvalidInputError(f"{path} cannot be parsed, so the migrations' head is unknown: {error}.") from error
        names = _assigned(tree)
        revision = names.get("revision")
        if isinstance(revision, str):
            parents = names.get("down_revision")
            found.append(Revision(path, revision, _as_tuple(parents)))
    return tuple(found)


def find_head(revisions: tuple[Revision, ...]) -> str | None:
    """The revision that none stands on; None where there are no revisions.

    Raises InvalidInputError where there are several, because a new one can only stand on one.
    """
    taken = {parent for revision in revisions for parent in revision.parents}
    heads = [revision.revision for revision in revisions if revision.revision not in taken]
    if len(heads) > 1:
        raise InvalidInputError(
            f"The migrations have {len(heads)} heads: {', '.join(heads)}. "
            "Join them with `alembic merge heads`, then ask again."
        )
    return heads[0] if heads else None


def list_names(wish: object, revisions: tuple[Revision, ...]) -> tuple[list[str], str]:
    """The revisions that were made for `wish` so far, and the name of the next: twelve hex digits that follow from it.

    A table that was dropped is created anew under another name.
    """
    known = {revision.revision for revision in revisions}
    made: list[str] = []
    while True:
        seed = f"{wish!r}{len(made) or ''}"
        name = hashlib.sha256(seed.encode()).hexdigest()[:12]
        if name not in known:
            return made, name
        made.append(name)


def is_there(table: str, files: Mapping[str, str]) -> bool:
    """Whether the last of these migrations that speaks of the table in its `upgrade` creates it."""
    created = False
    for _, text in sorted(files.items()):
        for node in ast.walk(ast.Module(_find_upgrade(text), [])):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == repr(table):
                function = ast.unparse(node.func)
                created = function == "op.create_table" or (created and function != "op.drop_table")
    return created


def _find_upgrade(text: str) -> list[ast.stmt]:
    functions = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return [statement for node in functions if node.name == "upgrade" for statement in node.body]


def name_file(what: str, revisions: tuple[Revision, ...]) -> str:
    """The file's name without suffix: numbered, so that a folder lists the migrations in their order."""
    numbers = [int(match[1]) for revision in revisions if (match := _NUMBER.match(revision.path.rpartition("/")[2]))]
    return f"{max([len(revisions), *numbers]) + 1:04}_{what}"


def write_table(spec: Spec, references: list[Reference]) -> list[str]:
    """The arguments of `op.create_table` behind the table's name."""
    items = [f'sa.Column("id", {KEY_TYPES[KEYS[spec.id_type]]}, nullable=False)']
    items += [columns.migration_column(field) for field in spec.fields]
    for reference in references:
        key = KEY_TYPES[reference.key]
        items.append(f"sa.Column({quote(reference.attribute)}, {key}, nullable={reference.relation.null})")
    if "soft_delete" in spec.mixins:
        items.append('sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True)')
    if "versioned" in spec.mixins:
        items.append('sa.Column("version", sa.Integer(), nullable=False)')
    if "timestamps" in spec.mixins:
        moment = 'sa.DateTime(timezone=True), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False'
        items += [f'sa.Column("{name}", {moment})' for name in ("created_at", "updated_at")]
    items.append(f'sa.PrimaryKeyConstraint("id", name={_named("pk", spec.table)})')
    for reference in references:
        rule = reference.relation.on_delete.replace("_", " ").upper()
        name = _named("fk", spec.table, reference.attribute, reference.target.table)
        pair = f'["{reference.attribute}"], ["{reference.target.table}.id"]'
        items.append(f'sa.ForeignKeyConstraint({pair}, name={name}, ondelete="{rule}")')
    for names in find_unique(spec, references) if "soft_delete" not in spec.mixins else []:
        items.append(f"sa.UniqueConstraint({', '.join(map(quote, names))}, name={_named('uq', spec.table, *names)})")
    for field in spec.fields:
        if field.check and field.type == "enum":
            values = ", ".join(f"'{str(value).replace(chr(39), chr(39) * 2)}'" for value in field.args)
            name = _named("ck", spec.table, field.enum.lower())
            items.append(f"sa.CheckConstraint({quote(f'{field.column} IN ({values})')}, name={name})")
    for check in spec.checks:
        items.append(f"sa.CheckConstraint({quote(check.sql)}, name={_named('ck', spec.table, check.name)})")
    return items


def write_indexes(spec: Spec, references: list[Reference]) -> list[str]:
    """The statements that create the indexes."""
    plain = [field.column for field in spec.fields if field.index and not field.unique]
    plain += [reference.attribute for reference in references if not reference.unique]
    indexes = list(spec.indexes)
    if "soft_delete" in spec.mixins:
        plain.append("deleted_at")
        indexes += [Index(names, unique=True, where="deleted_at IS NULL") for names in find_unique(spec, references)]
    statements = [
        f"op.create_index({_named('ix', spec.table, name)}, {quote(spec.table)}, [{quote(name)}])" for name in plain
    ]
    for index in indexes:
        names = ", ".join(map(quote, index.columns))
        where = f"sa.text({quote(index.where)})"
        extra = ", unique=True" if index.unique else ""
        extra += f", postgresql_where={where}, sqlite_where={where}" if index.where else ""
        kind = "uq" if index.unique and index not in spec.indexes else "ix"
        name = _named(kind, spec.table, *index.columns)
        statements.append(f"op.create_index({name}, {quote(spec.table)}, [{names}]{extra})")
    return statements


def find_long_names(items: list[str]) -> list[str]:
    """The constraint and index names in these texts that PostgreSQL would cut."""
    names = [name for item in items for name in re.findall(r'op\.f\("([^"]+)"\)', item)]
    return [name for name in names if len(name) > MAX_IDENTIFIER]


def _named(*parts: str) -> str:
    return f'op.f("{"_".join(parts)}")'


def _assigned(tree: ast.Module) -> dict[str, object]:
    values: dict[str, object] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Constant | ast.Tuple):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                values[target.id] = ast.literal_eval(node.value)
    return values


def _as_tuple(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple | list) else ()
