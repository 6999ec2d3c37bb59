"""`lru_cache` decorates an `async def`.

## Why is this bad?
It caches the coroutine and not its result: the second caller gets "cannot reuse already awaited coroutine".

## Example
```python
@lru_cache
async def load_rates() -> Rates:
    return await fetch_rates()
```

## Use instead
```python
@lru_cache
def rates_url() -> str:
    return f"{get_settings().RATES_URL}/latest"
```

## Fix safety
Safe: the decorator goes. The first call does what it did, and the later ones, which failed, work.

## When to ignore
Never.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Fix
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="AIO015",
    severity="error",
    statements=("do.async", "config.lru-cache"),
    cases=(
        Bad(
            """
            from functools import lru_cache


            @lru_cache
            async def load_rates() -> Rates:  # !
                return await fetch_rates()
            """,
            fixed="""


            async def load_rates() -> Rates:
                return await fetch_rates()
            """,
        ),
        Bad(
            """
            import functools


            @functools.lru_cache(maxsize=1)
            async def load_rates() -> Rates:  # !
                return await fetch_rates()


            async def load_fees() -> Fees:
                return await fetch_fees()
            """,
            fixed="""
            import functools


            async def load_rates() -> Rates:
                return await fetch_rates()


            async def load_fees() -> Fees:
                return await fetch_fees()
            """,
        ),
        Bad(
            """
            import functools


            class Client:
                @functools.cached_property
                async def rates(self) -> Rates:  # !
                    return await fetch_rates()
            """
        ),
        Good(
            """
            from functools import lru_cache


            @lru_cache
            def get_settings() -> Settings:
                return build_settings()
            """
        ),
        Good(
            """
            from async_lru import alru_cache


            @alru_cache
            async def load_rates() -> Rates:
                return await fetch_rates()
            """
        ),
        Good(
            """
            from app.cache import cache


            @cache(expire=60)
            async def load_rates() -> Rates:
                return await fetch_rates()
            """
        ),
        FalseAlarm(
            """
            from functools import cache


            @cache
            async def start() -> None:  # !
                await connect()
            """,
            why="a coroutine that is awaited once in its life",
        ),
        Miss(
            """
            from functools import lru_cache


            async def load() -> Rates:
                return await fetch_rates()


            load_rates = lru_cache(load)
            """,
            why="only decorators are looked at",
        ),
    ),
)
_CACHES = ("functools.lru_cache", "functools.cache", "functools.cached_property")


@RULE.on(ast.AsyncFunctionDef)
def check(context: Context, node: ast.AsyncFunctionDef) -> Iterator[Problem]:
    for decorator in node.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if context.names.is_any(named, *_CACHES):
            yield Problem(
                node,
                f"`{context.text(named)}` caches the coroutine of `{node.name}`, which can be awaited only once.",
                fix=_fix(context, node, decorator, named),
            )


def _fix(context: Context, node: ast.AsyncFunctionDef, decorator: ast.expr, named: ast.expr) -> Fix | None:
    """Without the decorator, unless the cache is handled elsewhere in the module or calls become attributes."""
    is_handled = any(each.attr.startswith("cache_") for each in context.tree.of(ast.Attribute))
    if is_handled or context.names.qualified(named).endswith("cached_property"):
        return None
    local = named.id if isinstance(named, ast.Name) else ""
    imports = context.imports.remove(local, uses=1) if local else ()
    line = context.source.delete_lines(decorator.lineno, decorator.end_lineno or decorator.lineno)
    return Fix((line, *imports), safe=True, reason="What was cached could not be awaited again.")
