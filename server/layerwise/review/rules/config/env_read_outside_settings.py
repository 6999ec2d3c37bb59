"""The environment is read outside the settings.

## Why is this bad?
The variable is neither typed nor checked at start-up, and tests cannot set it in one place.

## Example
```python
async def send(message: str) -> None:
    await client.post(os.getenv("MAIL_URL"), json={"text": message})
```

## Use instead
```python
async def send(message: str, settings: Settings) -> None:
    await client.post(settings.MAIL_URL, json={"text": message})
```

## When to ignore
In entry points and scripts that run before the settings exist.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="CFG003",
    severity="warning",
    habit=True,
    statements=("config.pydantic-settings", "structure.config"),
    requires=("os",),
    cases=(
        Bad(
            """
            import os


            class MailService:
                def __init__(self) -> None:
                    self.url = os.getenv("MAIL_URL")  # !
            """
        ),
        Bad(
            """
            from os import environ

            from fastapi import APIRouter

            router = APIRouter()
            LIMIT = int(environ["LIMIT"])  # !
            """
        ),
        Good(
            """
            import os

            DEBUG = os.getenv("DEBUG") == "1"
            """,
            path="app/core/config.py",
        ),
        Good(
            """
            class MailService:
                def __init__(self, settings: Settings) -> None:
                    self.url = settings.MAIL_URL
            """
        ),
        Good(
            """
            import os

            os.environ["TESTING"] = "1"
            """,
            path="app/services/boot.py",
        ),
        FalseAlarm(
            """
            import os


            class PathService:
                home = os.environ.get("HOME")  # !
            """,
            why="a variable of the system is no setting of the app",
        ),
        Miss(
            """
            import os

            VERBOSE = os.getenv("VERBOSE")
            """,
            why="a module of no known layer may be an entry point",
        ),
    ),
)
_ABOUT_ENVIRONMENT = re.compile(r"(^|[/_])(env|environ|environment|config|settings)(_\w+)?\.py$")
_LAYERS = ("endpoint", "dependency", "service", "repository", "model", "schema")


@RULE.on_call("getenv", "get")
def check_call(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.names.callee(call) in ("os.getenv", "os.environ.get"):
        yield from _problem(context, call, call.args[0] if call.args else None)


@RULE.on(ast.Subscript)
def check_subscript(context: Context, node: ast.Subscript) -> Iterator[Problem]:
    if isinstance(node.ctx, ast.Load) and context.names.is_any(node.value, "os.environ"):
        yield from _problem(context, node, node.slice)


def _problem(context: Context, node: ast.expr, variable: ast.expr | None) -> Iterator[Problem]:
    layer = context.layer(node)
    if layer in _LAYERS and not _ABOUT_ENVIRONMENT.search(context.path) and not context.tree.is_script(node):
        name = context.text(variable) if variable is not None else "a variable"
        yield Problem(node, f"{name} is read from the environment past the settings; make it a field of them.")
