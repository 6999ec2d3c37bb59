"""Debug mode is on unless somebody turns it off.

## Why is this bad?
A deployment that forgets the variable shows tracebacks to its clients.

## Example
```python
class Settings(BaseSettings):
    DEBUG: bool = True
```

## Use instead
```python
class Settings(BaseSettings):
    DEBUG: bool = False
```

## Fix safety
Unsafe: who relied on the default must now set the variable.

## When to ignore
In a settings class for local use only.
"""

import ast
from collections.abc import Iterator

from layerwise.review.classes import fields
from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import callee_name, is_true, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="CFG004",
    severity="warning",
    statements=("config.debug", "config.defaults"),
    cases=(
        Bad(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = True  # !
            """,
            fixed="""
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False
            """,
        ),
        Bad(
            """
            from fastapi import FastAPI

            app = FastAPI(title="Shop", debug=True)  # !
            """,
            fixed="""
            from fastapi import FastAPI

            app = FastAPI(title="Shop", debug=False)
            """,
        ),
        Good(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False
                COLOURS: bool = True
            """
        ),
        Good(
            """
            from fastapi import FastAPI

            app = FastAPI(debug=settings.DEBUG)
            """
        ),
        Good(
            """
            from pydantic import BaseModel


            class Flags(BaseModel):
                debug: bool = True
            """
        ),
        FalseAlarm(
            """
            from pydantic_settings import BaseSettings


            class DevSettings(BaseSettings):
                debug: bool = True  # !
            """,
            why="a class for development only looks like any other",
        ),
        Miss(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                ENVIRONMENT: str = "development"
            """,
            why="debug mode under another name",
        ),
    ),
)


@RULE.on_class
def check_settings(context: Context, node: ast.ClassDef) -> Iterator[Problem]:
    if context.classes.kind(node) != "settings" or context.file_layer == "test":
        return
    for field in fields(node):
        value = field.value
        if isinstance(value, ast.Call) and callee_name(value) == "Field":
            value = keyword(value, "default") or (value.args[0] if value.args else None)
        if field.name.lower() in ("debug", "debug_mode") and value is not None and is_true(value):
            yield Problem(field.node, f"`{node.name}.{field.name}` is True by default.", fix=_fix(context, value))


@RULE.on_call("FastAPI")
def check_app(context: Context, call: ast.Call) -> Iterator[Problem]:
    debug = keyword(call, "debug")
    if context.file_layer in ("test", "script") or debug is None:
        return
    if context.names.callee(call) == "fastapi.FastAPI" and is_true(debug):
        yield Problem(call, "The app always runs in debug mode.", fix=_fix(context, debug))


def _fix(context: Context, value: ast.expr) -> Fix:
    edit = context.source.replace(value, "False")
    return Fix((edit,), safe=False, reason="Who relied on the default must set the variable.")
