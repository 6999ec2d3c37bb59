"""A value is put together from settings outside of the settings class.

## Why is this bad?
The same address is soon put together in three places, one of which forgets to quote the password or to follow a change.

## Example
```python
url = f"postgresql+asyncpg://{settings.DB_USER}:{settings.DB_PASSWORD}@{settings.DB_HOST}/{settings.DB_NAME}"
```

## Use instead
```python
class Settings(BaseSettings):
    DB_USER: str
    DB_HOST: str

    @property
    def database_url(self) -> str:
        return f"postgresql+asyncpg://{self.DB_USER}@{self.DB_HOST}/app"
```

## When to ignore
When the text is for people, such as a log line.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="CFG008",
    severity="info",
    profile="strict",
    statements=("config.property", "config.database-url"),
    cases=(
        Bad(
            """
            from app.config import settings

            url = f"postgresql+asyncpg://{settings.DB_USER}@{settings.DB_HOST}/{settings.DB_NAME}"  # !
            """
        ),
        Bad(
            """
            from app.config import get_settings


            def broker_url() -> str:
                config = get_settings()
                return f"redis://{config.redis_host}:{config.redis_port}/0"  # !
            """
        ),
        Good(
            """
            class Settings(BaseSettings):
                DB_USER: str
                DB_HOST: str

                @property
                def database_url(self) -> str:
                    return f"postgresql+asyncpg://{self.DB_USER}@{self.DB_HOST}/app"
            """
        ),
        Good(
            """
            from app.config import settings

            greeting = f"{settings.APP_NAME} {settings.VERSION}"
            """
        ),
        Good(
            """
            from app.config import settings


            def link(token: str) -> str:
                return f"{settings.FRONTEND_URL}/reset?token={token}"
            """
        ),
        FalseAlarm(
            """
            from app.config import settings


            def describe() -> str:
                return f"http://{settings.HOST}:{settings.PORT}"  # !
            """,
            why="whether it is only shown to people is not known",
        ),
    ),
)
_KEPT = re.compile(r"(^|\.)(settings|config|conf|cfg)$", re.IGNORECASE)


@RULE.on(ast.JoinedStr)
def check(context: Context, node: ast.JoinedStr) -> Iterator[Problem]:
    if context.file_layer in ("test", "config") or "://" not in ast.unparse(node):
        return
    values = [dotted(part.value) for part in node.values if isinstance(part, ast.FormattedValue)]
    used = [value for value in values if _KEPT.search(value.rpartition(".")[0])]
    if len(used) > 1:
        owner = used[0].rpartition(".")[0]
        yield Problem(node, f"This address is put together from `{owner}` here; make it a property of the settings.")
