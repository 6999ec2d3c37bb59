"""A row that may be missing is used as if it were there.

## Why is this bad?
For an unknown id the look-up gives None: the next line fails, and the client gets a 500 for a 404.

## Example
```python
user = await session.get(User, user_id)
return user.email
```

## Use instead
```python
user = await session.get(User, user_id)
if user is None:
    raise NotFoundError("User", user_id)
return user.email
```

## When to ignore
When the row is known to exist; `get_one()` or `scalar_one()` then say so.
"""

import ast
from collections.abc import Iterator, Sequence

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, callee_name, dotted, parameters

RULE = Rule(
    __name__,
    __doc__,
    code="QRY021",
    severity="warning",
    confidence="medium",
    statements=("repository.get-by-id", "service.exceptions"),
    requires=("sqlalchemy",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def email_of(session: AsyncSession, user_id: int) -> str:
                user = await session.get(User, user_id)
                return user.email  # !
            """
        ),
        Bad(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def finish(session: AsyncSession, run_id: str) -> RunOut:
                run = await session.scalar(select(Run).where(Run.id == run_id))
                if run:
                    await session.refresh(run)
                return RunOut.model_validate(run)  # !


            async def rename(session: AsyncSession, slug: str, name: str) -> None:
                query = select(Page).where(Page.slug == slug)
                result = await session.execute(query)
                page = result.scalar_one_or_none()
                page.name = name  # !
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def email_of(session: AsyncSession, user_id: int) -> str:
                user = await session.get(User, user_id)
                if user is None:
                    raise NotFoundError("User", user_id)
                return user.email
            """
        ),
        Good(
            """
            from sqlalchemy import select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def find(session: AsyncSession, user_id: int) -> str | None:
                user = await session.get(User, user_id)
                name = user.name if user else None
                other = await session.scalar(select(User).where(User.id == user_id))
                if not other:
                    other = User(id=user_id)
                return name or other.name


            async def check(session: AsyncSession, user_id: int) -> str:
                user = await session.get(User, user_id)
                ensure_found(user)
                return user.name
            """
        ),
        Good(
            """
            from sqlalchemy import func, select
            from sqlalchemy.ext.asyncio import AsyncSession


            async def newest(session: AsyncSession, cache: dict[int, User], user_id: int) -> str:
                row = (await session.execute(select(func.max(User.id)))).first()
                user = await session.get_one(User, user_id)
                return f"{row.max} {user.name} {cache.get(user_id).name}"
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            async def after_insert(session: AsyncSession, user_id: int) -> str:
                user = await session.get(User, user_id)
                return user.email  # !
            """,
            why="the caller may have just inserted the row",
        ),
        Miss(
            """
            async def email_of(users: UserRepository, user_id: int) -> str:
                user = await users.find(user_id)
                return user.email
            """,
            why="that a look-up of another module may give None is not followed",
        ),
    ),
    evidence=("aegra/aegra 2b48fc5",),
)
_MAYBE = frozenset({"scalar_one_or_none", "one_or_none", "first", "scalar"})
_VALIDATING = frozenset({"model_validate", "from_orm"})
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    if context.file_layer in ("test", "script", "migration"):
        return
    given = {argument.arg for argument in parameters(node)} - {"self", "cls", "session", "db"}
    for block in _blocks(context, node):
        for position, statement in enumerate(block):
            name = _looked_up(context, node, statement, given)
            use = _first_use(context, block[position + 1 :], name) if name else None
            if use is not None:
                yield Problem(use, f"`{name}` is None when no such row exists, and is used without a check.")


def _blocks(context: Context, node: Function) -> Iterator[Sequence[ast.stmt]]:
    yield node.body
    for inner in context.tree.body(node):
        if isinstance(inner, ast.With | ast.AsyncWith | ast.If):
            yield inner.body


def _looked_up(context: Context, node: Function, statement: ast.stmt, given: set[str]) -> str:
    """The name that a statement gives a row which the function's own arguments choose; empty for other statements."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return ""
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return ""
    is_get = callee_name(value) == "get" and len(value.args) == 2
    if not (is_get or callee_name(value) in _MAYBE):
        return ""
    if not _asks_session(context, node, value) or not _chosen_names(context, node, value) & given:
        return ""
    return statement.targets[0].id


def _asks_session(context: Context, node: Function, call: ast.Call) -> bool:
    """Whether a call goes to a session, or to what a session answered in the same function."""
    receiver: ast.expr = call
    while isinstance(receiver, ast.Call | ast.Attribute | ast.Await):
        if isinstance(receiver, ast.Attribute) and context.sessions.is_session(dotted(receiver.value), call):
            return True
        receiver = receiver.func if isinstance(receiver, ast.Call) else receiver.value
    if not isinstance(receiver, ast.Name) or receiver.id in {argument.arg for argument in parameters(node)}:
        return False
    return any(
        isinstance(inner, ast.Call) and _asks_session(context, node, inner)
        for value in context.tree.assigned(node, receiver.id)
        for inner in [value.value if isinstance(value, ast.Await) else value]
    )


def _chosen_names(context: Context, node: Function, value: ast.expr, depth: int = 3) -> set[str]:
    """The names that a look-up depends on: those in it, and in the statement and the result that it is made from.

    Empty for a look-up of anything but a whole row, which is there or not.
    """
    names = {each.id for each in ast.walk(value) if isinstance(each, ast.Name)}
    if any(isinstance(each, ast.Attribute) and each.attr in ("max", "min", "count", "sum") for each in ast.walk(value)):
        return set()
    for name in sorted(names) if depth else ():
        for earlier in context.tree.assigned(node, name):
            names |= _chosen_names(context, node, earlier, depth - 1)
    return names


def _first_use(context: Context, block: Sequence[ast.stmt], name: str) -> ast.expr | None:
    """The first use of a name that fails on None, unless something that may test the name comes before it."""
    for statement in block:
        mentions = [each for each in context.tree.within(statement) if isinstance(each, ast.Name) and each.id == name]
        if not mentions or _only_guards_itself(statement, name):
            continue
        if isinstance(statement, ast.With | ast.AsyncWith):
            return _first_use(context, statement.body, name)
        if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return):
            return None
        if any(_tests(context, each) for each in mentions):
            return None
        return next((use for each in mentions if (use := _failing(context, each)) is not None), None)
    return None


def _only_guards_itself(statement: ast.stmt, name: str) -> bool:
    """`if row: …`, which neither leaves the function nor binds the row, and so says nothing about what follows."""
    if not isinstance(statement, ast.If) or statement.orelse or not isinstance(statement.test, ast.Name):
        return False
    inside = [each for inner in statement.body for each in ast.walk(inner)]
    binds = any(isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Store) for each in inside)
    return statement.test.id == name and not binds and not any(isinstance(each, _LEAVING) for each in inside)


def _tests(context: Context, use: ast.Name) -> bool:
    """Whether a use tests the name, binds it, or hands it to something that may."""
    for around in context.tree.ancestors(use):
        if isinstance(around, ast.IfExp | ast.BoolOp | ast.Compare | ast.NamedExpr | ast.comprehension):
            return True
        if isinstance(around, ast.stmt):
            break
    parent = context.tree.parent(use)
    handed = isinstance(parent, ast.Call) and callee_name(parent) not in _VALIDATING
    return handed or isinstance(use.ctx, ast.Store) or isinstance(parent, ast.Return | ast.keyword | ast.Tuple)


def _failing(context: Context, use: ast.Name) -> ast.expr | None:
    """The expression around a use that fails on None: an attribute of it, or its validation as a schema."""
    parent = context.tree.parent(use)
    if isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and callee_name(parent) in _VALIDATING):
        return parent
    return None
