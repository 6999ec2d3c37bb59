"""A repository returns a new object before it is in the database.

## Why is this bad?
Its id and server defaults are still None, and a conflict shows only at the commit, where no service can answer it.

## Example
```python
class UserRepository:
    async def create(self, **values: Any) -> User:
        user = User(**values)
        self.session.add(user)
        return user
```

## Use instead
```python
class UserRepository:
    async def create(self, **values: Any) -> User:
        user = User(**values)
        self.session.add(user)
        await self.session.flush()
        return user
```

## Fix safety
Unsafe: what a caller sets on the object afterwards may be missing when the row is sent now.

## When to ignore
When the object is only collected, to be sent with many others.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.sessions import SessionCall
from layerwise.review.tree import Function, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="REP002",
    severity="warning",
    statements=("repository.create",),
    cases=(
        Bad(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, **values: object) -> User:
                    user = User(**values)
                    self.session.add(user)  # !
                    return user
            """,
            fixed="""
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, **values: object) -> User:
                    user = User(**values)
                    self.session.add(user)
                    await self.session.flush()
                    return user
            """,
        ),
        Bad(
            """
            from sqlalchemy.orm import Session


            class UserRepository:
                def __init__(self, db: Session) -> None:
                    self.db = db

                def create(self, data: UserCreate) -> User:
                    user = User(name=data.name)
                    self.db.add(user)  # !
                    return user
            """,
            fixed="""
            from sqlalchemy.orm import Session


            class UserRepository:
                def __init__(self, db: Session) -> None:
                    self.db = db

                def create(self, data: UserCreate) -> User:
                    user = User(name=data.name)
                    self.db.add(user)
                    self.db.flush()
                    return user
            """,
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, **values: object) -> User:
                    user = User(**values)
                    self.session.add(user)
                    await self.session.flush()
                    return user
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                def collect(self, user: User) -> None:
                    self.session.add(user)
            """
        ),
        Good(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, **values: object) -> User:
                    user = User(**values)
                    self.session.add(user)
                    await self._save(user)
                    return user
            """
        ),
        Good(
            """
            from sqlalchemy.orm import Session


            class UserRepository:
                def __init__(self, db: Session) -> None:
                    self.db = db

                @transactional(flush=True)
                def create(self, name: str) -> User:
                    user = User(name=name)
                    self.db.add(user)
                    return user
            """
        ),
        FalseAlarm(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class LineRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, order: Order) -> Line:
                    line = Line(order=order)
                    self.session.add(line)  # !
                    return line
            """,
            why="objects that are collected to be sent together",
        ),
        Miss(
            """
            from sqlalchemy.ext.asyncio import AsyncSession


            class UserRepository:
                def __init__(self, session: AsyncSession) -> None:
                    self.session = session

                async def create(self, **values: object) -> User:
                    self.session.add(user := User(**values))
                    return user
            """,
            why="only plain variables are followed",
        ),
    ),
)


@RULE.on_module
def check(context: Context) -> Iterator[Problem]:
    for call in context.sessions.calls:
        function = context.tree.runner(call.node)
        if (
            call.method != "add"
            or function is None
            or context.layer(call.node) != "repository"
            or len(call.node.args) != 1
            or _may_flush_around(function)
        ):
            continue
        if _is_returned_fresh(context, function, dotted(call.node.args[0])) and not _is_sent(context, function, call):
            yield Problem(
                call.node,
                f"`{function.name}` returns `{dotted(call.node.args[0])}` before it is flushed: its id is still None.",
                fix=_fix(context, function, call),
            )


def _may_flush_around(function: Function) -> bool:
    """Whether a decorator other than those of the language may flush when the function is done."""
    return any(dotted(each) not in ("staticmethod", "classmethod", "override") for each in function.decorator_list)


def _is_returned_fresh(context: Context, function: Function, name: str) -> bool:
    """Whether the function makes the object in `name` and returns it."""
    made = any(
        isinstance(node, ast.Assign)
        and dotted(node.targets[0]) == name
        and isinstance(node.value, ast.Call)
        and (dotted(node.value.func).rpartition(".")[2][:1].isupper() or dotted(node.value.func).endswith("model"))
        for node in context.tree.body(function)
    )
    return made and any(
        isinstance(node, ast.Return) and node.value and dotted(node.value) == name
        for node in context.tree.body(function)
    )


def _is_sent(context: Context, function: Function, call: SessionCall) -> bool:
    """Whether something after the `add` may flush: a session call, or any call that is awaited or given the object."""
    name = dotted(call.node.args[0])
    for node in context.tree.body(function):
        if not isinstance(node, ast.Call) or node is call.node or node.lineno < call.node.lineno:
            continue
        if isinstance(context.tree.parent(node), ast.Await) or any(dotted(argument) == name for argument in node.args):
            return True
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "flush",
            "commit",
            "refresh",
            "execute",
            "merge",
        ):
            return True
    return False


def _fix(context: Context, function: Function, call: SessionCall) -> Fix | None:
    statement = context.tree.statement(call.node)
    is_async = isinstance(function, ast.AsyncFunctionDef)
    if call.kind == "async" and not is_async:
        return None
    source = context.source
    wait = "await " if call.kind == "async" or (call.kind is None and is_async) else ""
    line = statement.end_lineno or statement.lineno
    text = f"{source.newline}{source.indent(statement)}{wait}{call.receiver}.flush()"
    return Fix(
        (source.insert(source.offset(line, len(source.lines[line - 1])), text),),
        safe=False,
        reason="The row is sent now, with what is set on it by now.",
    )
