"""A row is read after the session was rolled back.

## Why is this bad?
A rollback expires every row of the session, whatever `expire_on_commit` says: the next attribute that is read raises
MissingGreenlet and hides the error that led to the rollback.

## Example
```python
try:
    await session.flush()
except IntegrityError:
    await session.rollback()
    logger.warning("could not update %s", user.email)
```

## Use instead
```python
email = user.email
try:
    await session.flush()
except IntegrityError:
    await session.rollback()
    logger.warning("could not update %s", email)
```

## When to ignore
When the row does not belong to the session that is rolled back.
"""

import ast
from collections.abc import Iterator

from layerwise.project.annotations import session_kind
from layerwise.project.chains import chain_of
from layerwise.project.extract import FunctionNode
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.rows import Read, find_reads, walk_inside
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
"""
_HEAD = """
from app.models import User
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

"""

RULE = Rule(
    __name__,
    __doc__,
    code="SES006",
    severity="error",
    scope="project",
    statements=("session.expire", "session.commit"),
    cases=(
        Bad(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def rename(session: AsyncSession, user_id: int, email: str) -> str:
    user = await session.get_one(User, user_id)
    user.email = email
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()
        return f"{user.id} keeps its address"  # !
    return user.email
""",
            }
        ),
        Bad(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def touch(session: AsyncSession, user: User) -> str:
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()
    return user.email  # !
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def rename(session: AsyncSession, user_id: int) -> str:
    user = await session.get_one(User, user_id)
    email = user.email
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()
        return email
    return user.email
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def rename(session: AsyncSession, user_id: int) -> str:
    user = await session.get_one(User, user_id)
    try:
        await session.flush()
    except IntegrityError:
        await session.rollback()
        user = await session.get_one(User, user_id)
    return user.email
""",
            }
        ),
        Good(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def rename(session: AsyncSession, user: User) -> str:
    try:
        await session.flush()
    except IntegrityError as error:
        await session.rollback()
        raise ConflictError(type(user).__name__) from error
    return user.email
""",
            }
        ),
        Miss(
            {
                "app/models.py": _MODELS,
                "app/store.py": _HEAD
                + """
async def undo(session: AsyncSession, user: User) -> str:
    await undo_all(session)
    return user.email
""",
            },
            why="a rollback inside a helper is not followed",
        ),
    ),
    evidence=("letta-ai/letta 369274a21", "greeves89/AI-Employee PR 491"),
)


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    for symbol, module, function in project.calls.functions():
        body = module.bodies.get(function.qualname)
        if body is None or not function.is_async or project.layers[module.path] in ASIDE:
            continue
        if any(call.name == "rollback" and call.awaited for call in body.calls):
            node = project.node(symbol)
            yield from _check_function(project, symbol, node) if node is not None else ()


def _check_function(project: Project, symbol: Symbol, node: FunctionNode) -> Iterator[Problem]:
    reads: list[Read] | None = None
    for block in _blocks(node):
        for position, statement in enumerate(block):
            rollback = _rollback_in(project, symbol, statement)
            if rollback is None:
                continue
            reads = list(find_reads(project, symbol, node)) if reads is None else reads
            after = [inner for later in block[position + 1 :] for inner in (later, *walk_inside(later))]
            if found := _first_expired(project, reads, after, rollback.lineno):
                yield _report(symbol, found, rollback)
                return


def _blocks(node: FunctionNode) -> Iterator[list[ast.stmt]]:
    """Every list of statements of a function, the outer ones first."""
    yield node.body
    for inner in walk_inside(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(inner, name, None)
            if isinstance(block, list):
                yield block


def _rollback_in(project: Project, symbol: Symbol, statement: ast.stmt) -> ast.Call | None:
    """The rollback that a statement makes; that of a `try` counts when its handler goes on afterwards."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Await):
        call = statement.value.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "rollback":
            kind = session_kind(project.types.chain(symbol, chain_of(call.func.value), call.lineno))
            return call if kind == "async" else None
    if isinstance(statement, ast.Try):
        for handler in statement.handlers:
            goes_on = not isinstance(handler.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
            found = [_rollback_in(project, symbol, each) for each in handler.body]
            if goes_on and any(found):
                return next(each for each in found if each is not None)
    return None


def _first_expired(project: Project, reads: list[Read], after: list[ast.AST], line: int) -> Read | None:
    """The first read behind a rollback of a row that was there before it and was not loaded again."""
    below = {id(node) for node in after}
    renewed: dict[str, int] = {}
    for node in after:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            renewed.setdefault(node.id, node.lineno)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "refresh":
            renewed |= {each.id: node.lineno for each in node.args if isinstance(each, ast.Name)}
    for read in reads:
        model = project.models[read.entity.model]
        mapped = model.column(read.node.attr) or model.relationship(read.node.attr)
        if id(read.node) not in below or not mapped or read.entity.many or read.entity.origin == "new":
            continue
        if read.entity.line <= line and read.node.lineno < renewed.get(read.entity.name, read.node.lineno + 1):
            return read
    return None


def _report(symbol: Symbol, read: Read, rollback: ast.Call) -> Problem:
    path = symbol.partition(JOINT)[0]
    row = read.entity.name
    return Problem(
        read.node,
        f"`{row}.{read.node.attr}` is read after the rollback in line {rollback.lineno}, which has expired `{row}`.",
        path=path,
        trace=(Step(path, rollback.lineno, "the rollback expires every row of the session"),),
    )
