"""A lower layer imports from a higher one.

## Why is this bad?
The layers become one knot: the repository cannot be tested, reused or even imported without the API above it.

## Example
```python
from app.api.deps import get_current_user
```

## Use instead
```python
from app.core.security import verify_token
```

## When to ignore
Under `if TYPE_CHECKING:`, which the rule leaves alone.
"""

import ast
from collections.abc import Iterator

from layerwise.project.layers import FOLDERS, Layer, layer_of_path
from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="LAY003",
    severity="warning",
    habit=True,
    statements=("layer.endpoints", "layer.services", "layer.repositories", "layer.models", "layer.schemas"),
    cases=(
        Bad(
            """
            from app.services.user import UserService  # !
            """,
            path="app/repositories/user.py",
        ),
        Bad(
            """
            from app.api.deps import get_current_user  # !
            from app.models.user import User
            """,
            path="app/services/user.py",
        ),
        Bad(
            """
            from ..repositories.user import UserRepository  # !
            """,
            path="app/models/user.py",
        ),
        Good(
            """
            from app.repositories.user import UserRepository
            from app.schemas.user import UserResponse
            """,
            path="app/services/user.py",
        ),
        Good(
            """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from app.services.user import UserService
            """,
            path="app/repositories/user.py",
        ),
        Good(
            """
            from googleapiclient.api import Client
            """,
            path="app/services/mail.py",
        ),
        Good(
            """
            from api import models
            from api.logging import get_logger
            """,
            path="api/services/notes.py",
        ),
        Good(
            """
            from app.services.prices import PriceService
            """,
            path="app/services/crud/orders.py",
        ),
        Good(
            """
            from app.web.api.agent.analysis import Analysis
            """,
            path="app/web/api/agent/agent_service.py",
        ),
        FalseAlarm(
            """
            from app.api.constants import PAGE_SIZE  # !
            """,
            why="a constant is no dependency on HTTP, but it lives in the API layer",
            path="app/services/user.py",
        ),
        Miss(
            """
            import importlib

            module = importlib.import_module("app.api.deps")
            """,
            why="the import is made at run time",
            path="app/services/user.py",
        ),
    ),
)
_ABOVE: dict[Layer, tuple[Layer, ...]] = {
    "model": ("repository", "service", "endpoint", "dependency"),
    "schema": ("repository", "service", "endpoint", "dependency"),
    "repository": ("service", "endpoint", "dependency"),
    "service": ("endpoint", "dependency"),
}


@RULE.on(ast.ImportFrom)
def check(context: Context, node: ast.ImportFrom) -> Iterator[Problem]:
    above = _ABOVE.get(context.file_layer)
    if not above or not _is_own(context, node) or _is_deferred(context, node):
        return
    if not _is_placed(context):
        return
    target = _layer_of_module(node)
    if target in above and not _is_beside(context, node, target):
        yield Problem(
            node,
            f"The {context.file_layer} layer imports `{node.names[0].name}` from the {target} layer "
            f"(`{'.' * node.level}{node.module or ''}`).",
        )


def _is_placed(context: Context) -> bool:
    """Whether it is plain which layer the file is in: its path names one, and it does not hold routes all the same."""
    if context.file_layer == "schema" and layer_of_path(context.path) != "schema":
        return False
    if context.file_layer == "schema" and not any(context.tree.of(ast.ClassDef)):
        return False
    return len(_folders(context.path.split("/"))) < 2 and not context.routes


def _folders(parts: list[str]) -> set[Layer]:
    """The layers that the folders of a path speak for."""
    return {FOLDERS[part] for part in parts[:-1] if part in FOLDERS}


def _is_beside(context: Context, node: ast.ImportFrom, target: Layer) -> bool:
    """Whether only the folder `api` speaks for the imported module, and the file is in it as well."""
    parts = (node.module or "").split(".")
    by_folder = (
        "api" in parts[:-1] and layer_of_path("/".join(part for part in parts if part != "api") + ".py") != target
    )
    return by_folder and "api" in context.path.split("/")[:-1]


def _layer_of_module(node: ast.ImportFrom) -> Layer:
    """The layer that the module's path speaks for. The project's own root package, whatever it is called, says nothing,
    and neither does a path through folders of several layers."""
    parts = (node.module or "").split(".")[0 if node.level else 1 :]
    if not parts or len(_folders(parts)) > 1:
        return "other"
    target = layer_of_path("/".join(parts) + ".py")
    return layer_of_path("/".join(parts) + "/x.py") if target == "other" else target


def _is_own(context: Context, node: ast.ImportFrom) -> bool:
    """Whether the import is from the project: relative, or below a folder that the file is in too."""
    return node.level > 0 or (node.module or "").partition(".")[0] in context.path.split("/")[:-1]


def _is_deferred(context: Context, node: ast.ImportFrom) -> bool:
    """Whether the import is not made when the module is imported: for types, in a function, in a program."""
    return (
        any(
            isinstance(around, ast.If) and "TYPE_CHECKING" in ast.unparse(around.test)
            for around in context.tree.ancestors(node)
        )
        or context.tree.function(node) is not None
        or context.tree.is_script(node)
    )
