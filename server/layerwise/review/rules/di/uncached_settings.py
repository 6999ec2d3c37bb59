"""Settings are read anew each time they are asked for.

## Why is this bad?
Each request parses the environment and the `.env` file again, and two callers can hold different values.

## Example
```python
def get_settings() -> Settings:
    return Settings()
```

## Use instead
```python
@lru_cache
def get_settings() -> Settings:
    return Settings()
```

## Fix safety
Unsafe: a test that sets a variable after the first call must clear the cache.

## When to ignore
In tests that change the environment.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, dotted

RULE = Rule(
    __name__,
    __doc__,
    code="DIN005",
    severity="warning",
    statements=("config.lru-cache", "config.pydantic-settings"),
    cases=(
        Bad(
            """
            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False


            def get_settings() -> Settings:  # !
                return Settings()
            """,
            fixed="""
            from functools import lru_cache

            from pydantic_settings import BaseSettings


            class Settings(BaseSettings):
                DEBUG: bool = False


            @lru_cache
            def get_settings() -> Settings:
                return Settings()
            """,
        ),
        Bad(
            """
            import functools

            from app.core.config import Settings


            def settings() -> Settings:  # !
                return Settings()
            """,
            fixed="""
            import functools

            from app.core.config import Settings


            @functools.lru_cache
            def settings() -> Settings:
                return Settings()
            """,
        ),
        Good(
            """
            from functools import lru_cache

            from app.core.config import Settings


            @lru_cache
            def get_settings() -> Settings:
                return Settings()
            """
        ),
        Good(
            """
            from functools import lru_cache

            from app.core.config import Settings


            @lru_cache(maxsize=1)
            def get_settings() -> Settings:
                return Settings()
            """
        ),
        Good(
            """
            from app.core.config import Settings

            settings = Settings()


            def get_settings() -> Settings:
                return settings
            """
        ),
        FalseAlarm(
            """
            from app.core.config import Settings


            def load_settings() -> Settings:  # !
                return Settings()
            """,
            why="a function that runs once, at start-up, needs no cache",
        ),
        Miss(
            """
            from app.core.config import Settings


            async def send() -> str:
                return Settings().MAIL_URL
            """,
            why="only functions that hand out the settings are looked at",
        ),
    ),
)


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    if context.file_layer == "test" or context.tree.klass(node) is not None or node.args.args:
        return
    returns = context.tree.body_of(node, ast.Return)
    made = next((each for each in returns if _makes_settings(context, each.value)), None)
    if made is None or any("cache" in ast.unparse(decorator) for decorator in node.decorator_list):
        return
    if any(isinstance(each, ast.Global) for each in node.body):
        return
    local, imports = context.imports.add("functools.lru_cache")
    start = context.source.line_start(min([node.lineno, *(each.lineno for each in node.decorator_list)]))
    edit = context.source.insert(start, f"{context.source.indent(node)}@{local}{context.source.newline}")
    yield Problem(
        node,
        f"`{node.name}` reads the environment again on each call.",
        fix=Fix((*imports, edit), safe=False, reason="Tests that change the environment must clear the cache."),
    )


def _makes_settings(context: Context, value: ast.expr | None) -> bool:
    """`Settings()` or `Settings.model_validate({})`."""
    if not isinstance(value, ast.Call) or any(not isinstance(argument, ast.Dict) for argument in value.args):
        return False
    name = dotted(value.func).removesuffix(".model_validate")
    klass = context.classes.by_name.get(name)
    if klass is not None:
        return context.classes.kind(klass) == "settings"
    return name in ("Settings", "AppSettings")
