"""CORS allows every origin, with credentials.

## Why is this bad?
Starlette then answers every origin as if it were listed: any site can act with the cookies of your users.

## Example
```python
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
```

## Use instead
```python
app.add_middleware(CORSMiddleware, allow_origins=settings.CORS_ORIGINS, allow_credentials=True)
```

## When to ignore
Never; without cookies leave `allow_credentials` out.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import is_true, keyword

RULE = Rule(
    __name__,
    __doc__,
    code="CFG005",
    severity="error",
    statements=("config.cors", "structure.main"),
    cases=(
        Bad(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)  # !
            """
        ),
        Bad(
            """
            from fastapi import FastAPI
            from starlette.middleware import Middleware
            from starlette.middleware.cors import CORSMiddleware

            origins = ["*"]
            app = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)])  # !
            """
        ),
        Good(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["*"])
            """
        ),
        Good(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=settings.CORS_ORIGINS, allow_credentials=True)
            """
        ),
        Good(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["https://example.com"], allow_credentials=True)
            """
        ),
        FalseAlarm(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            if local:
                app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)  # !
            """,
            why="that the branch runs on one machine only is not seen",
        ),
        Miss(
            """
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origin_regex=".*", allow_credentials=True)
            """,
            why="regular expressions are not judged",
        ),
    ),
)


@RULE.on_call("add_middleware", "Middleware")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if not call.args or not context.names.qualified(call.args[0]).endswith("CORSMiddleware"):
        return
    origins, credentials = keyword(call, "allow_origins"), keyword(call, "allow_credentials")
    if is_true(credentials) and origins is not None and _holds_star(context, origins) and context.file_layer != "test":
        yield Problem(
            call, "Every origin may send credentials; list the origins, as CORS_ORIGINS of the settings does."
        )


def _holds_star(context: Context, origins: ast.expr) -> bool:
    if isinstance(origins, ast.List | ast.Tuple):
        return any(isinstance(each, ast.Constant) and each.value == "*" for each in origins.elts)
    if isinstance(origins, ast.Name):
        values = [
            assign.value
            for assign in context.tree.of(ast.Assign)
            if any(isinstance(target, ast.Name) and target.id == origins.id for target in assign.targets)
        ]
        return len(values) == 1 and isinstance(values[0], ast.List) and _holds_star(context, values[0])
    return False
