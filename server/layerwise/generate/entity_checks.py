"""What must hold between the parts of one entity, and its columns by their real names."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from layerwise.errors import nearest, shorten
from layerwise.generate import reserved
from layerwise.generate.names import is_reserved
from layerwise.generate.problems import Problem
from layerwise.generate.spec import Spec

MIXIN_COLUMNS = {
    "timestamps": ("created_at", "updated_at"),
    "soft_delete": ("deleted_at",),
    "versioned": ("version",),
}


def check_entity(spec: Spec, problems: list[Problem]) -> Spec:
    """The spec with columns of its constraints resolved; what does not fit together is added to `problems`."""
    _check_duplicates(spec, problems)
    _check_given_names(spec, problems)
    _check_owner(spec, problems)
    for field in spec.fields:
        if field.source is not None and field.source not in {other.name for other in spec.fields if other is not field}:
            message = f"{field.name} is made from {shorten(field.source)!r}, which is no field"
            known = tuple(other.name for other in spec.fields if other is not field)
            problems.append(
                Problem(f"fields.{field.name}.on", "unknown_field", message, known, nearest(field.source, known))
            )
    columns = _columns(spec)
    unique = tuple(_resolve(group, columns, "unique", problems) for group in spec.unique_together)
    indexes = tuple(
        replace(index, columns=_resolve(index.columns, columns, "indexes", problems)) for index in spec.indexes
    )
    resolved = replace(spec, unique_together=unique, indexes=indexes)
    _check_names_of_checks(resolved, problems)
    for field in spec.fields:
        if field.server_default is not None:
            _check_default(field.server_default, f"fields.{field.name}.sdefault", problems)
    stored = sorted(set(columns.values()))
    for check in spec.checks:
        _check_sql(check.sql, stored, f"checks.{check.name}", problems)
    for index in spec.indexes:
        if index.where:
            _check_sql(index.where, stored, "indexes.where", problems)
    return resolved


def _check_duplicates(spec: Spec, problems: list[Problem]) -> None:
    named = [field.name for field in spec.fields] + [relation.name for relation in spec.relations]
    for name, count in Counter(named).items():
        if count > 1:
            problems.append(Problem(f"fields.{name}", "duplicate", f"{name!r} is given {count} times"))
    attributes: dict[str, str] = {}
    for attribute, name in _attributes(spec):
        other = attributes.setdefault(attribute, name)
        if other != name:
            message = f"{name!r} and {other!r} would both be stored as {attribute!r}"
            problems.append(Problem(f"fields.{name}", "duplicate", message))
    columns = Counter(field.column for field in spec.fields)
    keys = Counter(field.key for field in spec.fields)
    for what, counted in (("column", columns), ("alias", keys)):
        for name, count in counted.items():
            if count > 1 and named.count(name) < 2:
                problems.append(Problem("fields", "duplicate", f"{count} fields have the {what} {name!r}"))
    backs = Counter((relation.target, relation.back) for relation in spec.relations if relation.back)
    for (target, back), count in backs.items():
        if count > 1:
            message = f"{count} relations to {target} would lead back as {back!r}; name each with back="
            problems.append(Problem("relations", "duplicate", message))


def _attributes(spec: Spec) -> Iterable[tuple[str, str]]:
    """Every attribute of model and schema, with the name that brings it."""
    for field in spec.fields:
        yield from {(field.attribute, field.name), (field.stored, field.name)}
    for relation in spec.relations:
        yield from {(relation.name, relation.name), (relation.attribute, relation.name)}


def _check_given_names(spec: Spec, problems: list[Problem]) -> None:
    """Names that the key or a mixin already gives."""
    given = {"id": "every entity"} | {
        column: f"the mixin {mixin}" for mixin in spec.mixins for column in MIXIN_COLUMNS[mixin]
    }
    for name in [field.name for field in spec.fields] + [relation.name for relation in spec.relations]:
        if name in given:
            hint = "leave it out" if name == "id" else "leave out the field or the mixin"
            problems.append(Problem(f"fields.{name}", "name_given", f"{name!r} comes with {given[name]}; {hint}"))
    filters = [field.name for field in spec.fields if field.filter]
    for name in filters:
        if name in reserved.LISTING:
            message = (
                f"a list takes {name!r} for itself, so it cannot be a filter; leave out filter, or rename the field"
            )
            problems.append(Problem(f"fields.{name}.flags", "name_given", message))
    for relation in spec.relations:
        if is_reserved(relation.name):
            message = f"{relation.name!r} means something else to Python or to a library"
            problems.append(
                Problem(f"relations.{relation.name}", "name_reserved", message, suggestion=f"{relation.name}_link")
            )
        if relation.back and relation.target == spec.name and relation.back in dict(_attributes(spec)):
            message = f"{relation.back!r}, which leads back, is also a name of {spec.name} itself; choose another back="
            problems.append(Problem(f"relations.{relation.name}.back", "duplicate", message))


def _check_owner(spec: Spec, problems: list[Problem]) -> None:
    owners = [relation.name for relation in spec.relations if relation.owner]
    if len(owners) > 1:
        problems.append(Problem("relations", "duplicate", f"{' and '.join(owners)} are both marked owner; one can be"))
    if "owner" in (spec.auth.read, spec.auth.write) and not owners:
        message = "auth asks for the owner, but no reference is marked owner"
        problems.append(Problem("auth", "owner_missing", message, suggestion="owner:ref(User) owner cascade"))


def _columns(spec: Spec) -> dict[str, str]:
    """Every name by which a column may be given, with the column itself."""
    columns = {"id": "id"} | {column: column for mixin in spec.mixins for column in MIXIN_COLUMNS[mixin]}
    for field in spec.fields:
        columns |= {field.name: field.column, field.column: field.column}
    for relation in spec.references("ref", "o2o"):
        columns |= {relation.name: relation.attribute, relation.attribute: relation.attribute}
    return columns


def _resolve(names: tuple[str, ...], columns: dict[str, str], path: str, problems: list[Problem]) -> tuple[str, ...]:
    for name in names:
        if name not in columns:
            message = f"{shorten(name)!r} is no column"
            problems.append(Problem(path, "unknown_column", message, tuple(columns), nearest(name, columns)))
    return tuple(columns.get(name, name) for name in names)


def _check_names_of_checks(spec: Spec, problems: list[Problem]) -> None:
    for name, count in Counter(check.name for check in spec.checks).items():
        if count > 1:
            problems.append(Problem(f"checks.{name}", "duplicate", f"{count} checks are called {name!r}"))
    for what, groups in (("unique", spec.unique_together), ("indexes", [index.columns for index in spec.indexes])):
        for group, count in Counter(groups).items():
            if count > 1:
                problems.append(Problem(what, "duplicate", f"{'+'.join(group)} is given {count} times"))


def _check_sql(sql: str, columns: list[str], path: str, problems: list[Problem]) -> None:
    """One expression over the entity's own columns."""
    listed = ", ".join(f'"{column}"' for column in columns)
    message = _find_sql_fault(sql, f"CREATE TABLE entity ({listed}, CHECK ({sql}))")
    if message:
        problems.append(Problem(path, "invalid_sql", f"{shorten(sql)!r}: {message}", tuple(columns)))


def _check_default(sql: str, path: str, problems: list[Problem]) -> None:
    """One expression that names no column."""
    message = _find_sql_fault(sql, f"CREATE TABLE entity (value DEFAULT ({sql}))")
    if message:
        hint = "a text stands in single quotes, such as sdefault=\"'draft'\""
        problems.append(Problem(path, "invalid_sql", f"{shorten(sql)!r}: {message}; {hint}"))


def _find_sql_fault(sql: str, statement: str) -> str | None:
    """What is wrong with an expression, judged by a database in memory that runs `statement`."""
    if not sql or len(sql) > 1000 or any(part in sql for part in (";", "--", "/*", '"', "\x00", "`", "[")):
        return "write one SQL expression without quotes around names, comments or semicolons"
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(statement)
    except (sqlite3.Error, ValueError) as error:
        return f"it is no expression over the columns of the entity ({error})"
    finally:
        connection.close()
    return None if _is_balanced(sql) else "its brackets do not match"


def _is_balanced(sql: str) -> bool:
    """Whether no bracket closes what the expression did not open; else it could end the CHECK around it."""
    depth = 0
    for character in sql:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
