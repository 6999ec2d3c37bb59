"""SQL is put together from strings.

## Why is this bad?
Whoever controls the value controls the statement: that is SQL injection.

## Example
```python
result = await session.execute(text(f"SELECT * FROM users WHERE email = '{email}'"))
```

## Use instead
```python
result = await session.execute(text("SELECT * FROM users WHERE email = :email").bindparams(email=email))
```

## Fix safety
Unsafe: a bound value keeps its type, where the text had turned it into a string.

## When to ignore
When what is put in is a table or column name that the code itself chooses.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="QRY010",
    severity="error",
    statements=("dont.raw-sql", "query.select"),
    cases=(
        Bad(
            """
            from sqlalchemy import text


            async def find(session: AsyncSession, email: str) -> User | None:
                result = await session.execute(text(f"SELECT * FROM users WHERE email = '{email}'"))  # !
                return result.scalar_one_or_none()
            """,
            fixed="""
            from sqlalchemy import text


            async def find(session: AsyncSession, email: str) -> User | None:
                result = await session.execute(text("SELECT * FROM users WHERE email = :email").bindparams(email=email))
                return result.scalar_one_or_none()
            """,
        ),
        Bad(
            """
            from sqlalchemy import text


            async def find(session: AsyncSession, data: Search) -> Result:
                query = f"SELECT id FROM posts WHERE title LIKE '%{data.title}%' LIMIT {data.limit}"
                return await session.execute(text(query))  # !
            """,
        ),
        Bad(
            """
            from sqlalchemy import text


            async def remove(session: AsyncSession, name: str) -> None:
                await session.execute(text("DELETE FROM tags WHERE name = '%s'" % name))  # !
                await session.execute(text("DELETE FROM tags WHERE name = '" + name + "'"))  # !
                await session.execute(text("DELETE FROM tags WHERE name = '{}'".format(name)))  # !
            """,
        ),
        Bad(
            """
            import sqlite3


            def find(cursor: sqlite3.Cursor, user_id: str) -> None:
                cursor.execute(f"SELECT * FROM users WHERE id = {user_id}")  # !
            """,
        ),
        Good(
            """
            async def copy_row(session: AsyncSession, row: dict[str, str]) -> None:
                columns = ", ".join(row.keys())
                values = ", ".join([f":{key}" for key in row.keys()])
                await session.execute(f"INSERT INTO rows ({columns}) VALUES ({values})", row)
            """
        ),
        Good(
            """
            from sqlalchemy import text


            async def find(session: AsyncSession, email: str) -> User | None:
                query = text("SELECT * FROM users WHERE email = :email")
                result = await session.execute(query, {"email": email})
                return result.scalar_one_or_none()
            """
        ),
        Good(
            """
            from sqlalchemy import text

            TABLE = "users"


            async def count(connection: AsyncConnection) -> int:
                result = await connection.execute(text(f"SELECT count(*) FROM {TABLE}"))
                await connection.execute(text(f"DROP TABLE {User.__tablename__}"))
                return result.scalar_one()
            """
        ),
        Good(
            """
            from sqlalchemy import select, text


            async def find(session: AsyncSession, email: str) -> User | None:
                message = f"looking for {email}"
                audit(message)
                return await session.scalar(select(User).where(User.email == email))
            """
        ),
        Good(
            """
            from sqlalchemy import text


            async def clear(connection: AsyncConnection, tables: list[str], ids: list[str], limit: int) -> None:
                for table in tables:
                    await connection.execute(text(f"TRUNCATE {table} CASCADE"))
                    await connection.execute(text(f"SELECT * FROM {table} LIMIT {limit}"))
                order = "ASC" if limit else "DESC"
                await connection.execute(text(f"SELECT id, {order} FROM tags"))
                marks = ", ".join(f":id{place}" for place in range(len(ids)))
                await connection.execute(text(f"DELETE FROM tags WHERE id IN ({marks})"), bind(ids))
                await connection.execute(text(f"SET LOCAL statement_timeout = '{limit}'"))
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy import text


            async def find(connection: AsyncConnection, kind: Kind) -> Result:
                return await connection.execute(text(f"SELECT id FROM tags WHERE kind = '{kind.value}'"))  # !
            """,
            why="the values of an enumeration come from the code, but the function does not say so",
        ),
        Miss(
            """
            from sqlalchemy import text


            async def find(session: AsyncSession, where: str) -> Result:
                return await session.execute(text(where))
            """,
            why="the statement is put together by the caller",
        ),
    ),
    evidence=("Arize-ai/phoenix 5bc38d8279", "bandit B608"),
)
_SQL = re.compile(
    r"^\s*(select\s|insert\s+into\b|update\s.+\bset\b|delete\s+from\b|with\s+\w+.*\bas\b)", re.IGNORECASE | re.DOTALL
)
# Statements that take no parameters.
_UNBINDABLE = re.compile(
    r"^\s*(create|alter|drop|truncate|set|reset|pragma|explain|vacuum|grant|revoke|attach|comment)\b", re.IGNORECASE
)
# A place in a statement where a value stands, not a name.
# What is called so names columns and tables, which no parameter can stand for.
_IDENTIFIERS = re.compile(r"^(columns?|cols?|tables?)(_|$)|_(columns?|cols?|tables?)(_names?)?$")
# What the program, not its user, has decided: settings, and what the database's dialect says.
_SETTINGS = re.compile(r"(self\.)?_?(settings|config|conf|db|session|connection|conn|engine|dialect)\.")
_PERCENT = re.compile(r"%[sdr]")
_BRACES = re.compile(r"\{\w*\}")
_BEFORE_VALUE = re.compile(
    r"(=|<|>|\blike|\bilike|\bin\s*\(|\(|,|\blimit|\boffset|\band|\bbetween|\bvalues\s*\()\s*$", re.IGNORECASE
)


@RULE.on_call("text")
def check_text(context: Context, call: ast.Call) -> Iterator[Problem]:
    if (
        call.args
        and context.names.callee(call) == "sqlalchemy.text"
        and context.file_layer not in ("migration", "test", "script")
    ):
        value = _follow(context, call.args[0])
        if _is_built(value) and not _UNBINDABLE.match(_shape(value)) and (names := _values(context, value)):
            direct = value is call.args[0] and isinstance(value, ast.JoinedStr)
            fix = _fix(context, call, value) if direct and isinstance(value, ast.JoinedStr) else None
            yield Problem(call, _message(names), fix=fix)


@RULE.on_call("execute", "executemany", "fetch", "fetchrow", "fetchval")
def check_execute(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not call.args or context.file_layer in ("migration", "test", "script"):
        return
    value = _follow(context, call.args[0])
    if _is_built(value) and _SQL.match(_shape(value)) and (names := _values(context, value)):
        yield Problem(call, _message(names))


def _message(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
    return f"{shown} {'is' if len(set(names)) == 1 else 'are'} put into SQL text; bind as a parameter instead."


def _follow(context: Context, value: ast.expr) -> ast.expr:
    """What a variable of the same function, or of the module, was given, when it was given one thing."""
    function = context.tree.runner(value)
    if not isinstance(value, ast.Name):
        return value
    given = [
        node.value
        for node in (context.tree.body(function) if function else _module_level(context))
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == value.id
    ]
    return given[0] if len(given) == 1 else value


def _module_level(context: Context) -> Iterator[ast.AST]:
    return (node for node in context.tree.of(ast.Assign) if context.tree.function(node) is None)


def _is_built(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in value.values)
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.Mod | ast.Add) and isinstance(_leftmost(value), ast.Constant | ast.JoinedStr)
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and (value.func.attr == "format" and isinstance(value.func.value, ast.Constant))
    )


def _leftmost(value: ast.expr) -> ast.expr:
    while isinstance(value, ast.BinOp):
        value = value.left
    return value


def _shape(value: ast.expr) -> str:
    """The constant text at the start of the expression."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        value = value.func.value
    first = _leftmost(value)
    if isinstance(first, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "x" for part in first.values]
        return "".join(str(part) for part in parts)
    return str(first.value) if isinstance(first, ast.Constant) else ""


def _values(context: Context, value: ast.expr) -> list[str]:
    """What is put into the text where a value stands, not the name of a table or column, which no parameter can be.

    Left out are constants of the code: upper-case names, settings, table names, numbers, lists of placeholders.
    """
    return [
        context.text(part)
        for before, part in _split(value)
        if (before.endswith(("'", "%")) or _BEFORE_VALUE.search(before)) and not _is_fixed(context, part)
    ]


def _split(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Each expression that is put into the text, with the text before it."""
    written = ""
    for part in _flatten(value):
        if isinstance(part, ast.Constant):
            written += str(part.value)
        else:
            yield written, part
            written += "x"


def _flatten(value: ast.expr) -> Iterator[ast.expr]:
    """The constant and other parts of a built text, in order."""
    if isinstance(value, ast.JoinedStr):
        for part in value.values:
            yield from _flatten(part.value if isinstance(part, ast.FormattedValue) else part)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _flatten(value.left)
        yield from _flatten(value.right)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod):
        given = value.right.elts if isinstance(value.right, ast.Tuple) else [value.right]
        yield from _interleave(_PERCENT.split(str(getattr(value.left, "value", ""))), given)
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "format":
        template = str(getattr(value.func.value, "value", ""))
        yield from _interleave(_BRACES.split(template), [*value.args, *(word.value for word in value.keywords)])
    else:
        yield value


def _interleave(texts: list[str], given: list[ast.expr]) -> Iterator[ast.expr]:
    for position, text in enumerate(texts):
        yield ast.Constant(text)
        yield from given[position : position + 1]


def _is_fixed(context: Context, part: ast.expr) -> bool:
    name = dotted(part)
    last = name.rpartition(".")[2]
    if _IDENTIFIERS.search(last):
        return True
    if isinstance(part, ast.Constant) or last.isupper() or last.startswith("__") or _SETTINGS.match(name):
        return True
    if isinstance(part, ast.Call):
        if part.args and all(isinstance(argument, ast.Constant) for argument in part.args) and not part.keywords:
            return True
        return dotted(part.func) in ("int", "float", "len", "quote_ident", "quoted_name") or _is_placeholders(part)
    if isinstance(part, ast.IfExp):
        return _is_fixed(context, part.body) and _is_fixed(context, part.orelse)
    if isinstance(part, ast.Name) and (_is_placeholders(_follow(context, part)) or _is_number(context, part)):
        return True
    if isinstance(part, ast.Name) and _is_text_of_code(context, part):
        return True
    if name.startswith("cls.") or name.endswith((".name", ".key", ".fullname")):
        return True
    return last in ("schema", "schema_name", "table_name", "tablename", "table") and "." in name


def _is_placeholders(value: ast.expr) -> bool:
    """`", ".join("?" for _ in ids)`, `", ".join([f":id{i}" ...])`: marks for parameters, not values."""
    if not isinstance(value, ast.Call) or callee_name(value) != "join" or not value.args:
        return False
    each = value.args[0]
    each = each.elt if isinstance(each, ast.GeneratorExp | ast.ListComp) else each
    text = next(_flatten(each), None) if isinstance(each, ast.JoinedStr) else each
    text = text.left if isinstance(text, ast.BinOp) else text
    if isinstance(text, ast.List):
        return all(isinstance(item, ast.Constant) for item in text.elts)
    return isinstance(text, ast.Constant) and str(text.value).lstrip("(").startswith(("?", ":", "$", "%"))


def _is_text_of_code(context: Context, name: ast.Name) -> bool:
    """Whether all that a variable of the function is given are constant texts, or a choice between them."""
    function = context.tree.runner(name)
    given = context.tree.assigned(function, name.id) if function else []
    return bool(given) and all(
        isinstance(value, ast.Constant)
        or (isinstance(value, ast.IfExp) and _is_fixed(context, value.body) and _is_fixed(context, value.orelse))
        for value in given
    )


def _is_number(context: Context, name: ast.Name) -> bool:
    """Whether `name` is a parameter that is declared to be a number, which can hold no SQL."""
    function = context.tree.runner(name)
    given = parameters(function) if function else []
    return any(
        each.arg == name.id and dotted(each.annotation) in ("int", "float", "bool") for each in given if each.annotation
    )


def _fix(context: Context, call: ast.Call, value: ast.JoinedStr) -> Fix | None:
    """Bound parameters for an f-string whose values all stand where a value may stand."""
    if len(call.args) != 1 or call.keywords or value.end_lineno != value.lineno:
        return None
    written = ""
    bound: dict[str, str] = {}
    for part in value.values:
        if isinstance(part, ast.Constant):
            written += str(part.value)
            continue
        assert isinstance(part, ast.FormattedValue)
        quoted = written.endswith("'")
        before = written[:-1] if quoted else written
        name = dotted(part.value).rpartition(".")[2]
        if not name or part.format_spec is not None or part.conversion != -1 or not _BEFORE_VALUE.search(before):
            return None
        if bound.setdefault(name, dotted(part.value)) != dotted(part.value):
            return None
        written = f"{before}:{name}\0" if quoted else f"{before}:{name}"
    if '"' in written or "\\" in written or "\n" in written or re.search("\0(?!')", written):
        return None
    written = written.replace("\0'", "")
    binds = ", ".join(f"{name}={source}" for name, source in bound.items())
    edits = (
        context.source.replace(value, f'"{written}"'),
        context.source.insert(context.source.end(call), f".bindparams({binds})"),
    )
    return Fix(edits, safe=False, reason="A bound value keeps its type; the text had made a string of it.")
