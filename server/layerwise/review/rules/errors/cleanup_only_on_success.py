"""What was opened is closed only when nothing goes wrong.

## Why is this bad?
An exception between opening and closing skips the closing: the connection or client stays open, and after enough
failures the pool or the file descriptors run out.

## Example
```python
async def call_tool(config: Config, name: str) -> Result:
    client = ToolClient(config)
    await client.connect()
    result = await client.call(name)
    await client.close()
    return result
```

## Use instead
```python
async def call_tool(config: Config, name: str) -> Result:
    client = ToolClient(config)
    try:
        await client.connect()
        return await client.call(name)
    finally:
        await client.close()
```

## When to ignore
When the process ends with the function.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import Function, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="ERR007",
    severity="warning",
    confidence="medium",
    statements=("do.async", "session.commit"),
    cases=(
        Bad(
            """
            async def call_tool(config: Config, name: str) -> Result:
                client = ToolClient(config)
                await client.connect()
                result = await client.call(name)
                await client.cleanup()  # !
                return result
            """
        ),
        Bad(
            """
            from app.db import SessionLocal


            def count_users() -> int:
                session = SessionLocal()
                number = session.query(User).count()
                session.close()  # !
                return number
            """
        ),
        Good(
            """
            async def call_tool(config: Config, name: str) -> Result:
                client = ToolClient(config)
                try:
                    await client.connect()
                    return await client.call(name)
                finally:
                    await client.cleanup()
            """
        ),
        Good(
            """
            async def call_tool(config: Config, name: str) -> Result:
                async with ToolClient(config) as client:
                    return await client.call(name)
            """
        ),
        Good(
            """
            class Pool:
                async def stop(self) -> None:
                    client = self.client
                    await client.flush()
                    await client.close()
            """
        ),
        Good(
            """
            async def call_tool(config: Config, name: str) -> Result:
                client = ToolClient(config)
                try:
                    result = await client.call(name)
                except ToolError:
                    await client.close()
                    raise
                await client.close()
                return result
            """
        ),
        FalseAlarm(
            """
            def read_name(path: str) -> str:
                handle = Archive(path)
                name = handle.name()
                handle.close()  # !
                return name
            """,
            why="whether a call in between can fail is not known",
        ),
    ),
    evidence=("letta-ai/letta 7315c133ef",),
)
_CLOSING = frozenset(
    {"close", "aclose", "cleanup", "disconnect", "dispose", "shutdown", "wait_closed", "quit", "terminate"}
)


@RULE.on_call(*sorted(_CLOSING))
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    function = context.tree.runner(call)
    name = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    statement = context.tree.statement(call)
    if function is None or not name or "." in name or call.args or not isinstance(statement, ast.Expr):
        return
    if context.file_layer in ("test", "script", "migration") or statement not in function.body:
        return
    opened = _opened(context, function, name, statement)
    if opened is not None and _works_between(context, function, name, opened, statement):
        yield Problem(call, f"`{name}` stays open when anything between line {opened.lineno} and here fails.")


def _opened(context: Context, function: Function, name: str, closing: ast.stmt) -> ast.Assign | None:
    """The last assignment of what a call made to the name, when nothing else closes it or enters it."""
    made: ast.Assign | None = None
    for node in context.tree.body(function):
        if isinstance(node, ast.Assign) and node.lineno < closing.lineno:
            if any(dotted(target) == name for target in node.targets):
                value = node.value.value if isinstance(node.value, ast.Await) else node.value
                made = node if isinstance(value, ast.Call) else None
        elif isinstance(node, ast.Try):
            if any(_closes(inner, name) for inner in _guarded(context, node)):
                return None
        elif isinstance(node, ast.withitem) and name in ast.unparse(node.context_expr):
            return None
    return made


def _guarded(context: Context, node: ast.Try) -> Iterator[ast.AST]:
    """What runs when the block of a try fails."""
    for part in (*node.handlers, *node.finalbody):
        yield from context.tree.within(part)


def _closes(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _CLOSING and dotted(node.value) == name


def _works_between(context: Context, function: Function, name: str, opened: ast.stmt, closing: ast.stmt) -> bool:
    """Whether the function calls something on the name after opening it; a bare await or call may fail."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and dotted(node.func).partition(".")[0] == name
        and node.func.attr not in _CLOSING
        and (opened.end_lineno or 0) < node.lineno < closing.lineno
        for node in context.tree.body(function)
    )
