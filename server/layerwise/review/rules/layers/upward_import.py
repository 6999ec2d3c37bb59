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

from layerwise.review.context import Context
from layerwise.review.layers import Layer, layer_of_path
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule

RULE = Rule(
    __name__,
    __doc__,
    code="LAY003",
    severity="warning",
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
    if not above or not _is_own(context, node) or _is_for_types(context, node):
        return
    target = layer_of_path((node.module or "").replace(".", "/") + ".py")
    if target == "other":
        target = layer_of_path((node.module or "").replace(".", "/") + "/x.py")
    if target in above:
        yield Problem(
            node,
            f"The {context.file_layer} layer imports `{node.names[0].name}` from the {target} layer "
            f"(`{'.' * node.level}{node.module or ''}`).",
        )


def _is_own(context: Context, node: ast.ImportFrom) -> bool:
    """Whether the import is from the project: relative, or below a folder that the file is in too."""
    return node.level > 0 or (node.module or "").partition(".")[0] in context.path.split("/")[:-1]


def _is_for_types(context: Context, node: ast.ImportFrom) -> bool:
    return (
        any(
            isinstance(around, ast.If) and "TYPE_CHECKING" in ast.unparse(around.test)
            for around in context.tree.ancestors(node)
        )
        or context.tree.function(node) is not None
    )
