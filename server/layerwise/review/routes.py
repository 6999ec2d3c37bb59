"""Route: a path operation, as its decorator declares it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.review.names import Names
from layerwise.review.tree import Function, Tree, dotted

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_DECORATORS = METHODS | {"api_route", "websocket"}
_ROUTER_NAME = re.compile(r"(^|[_.])(router|app|api|application)s?\d*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Route:
    """The function that handles `method` on `path`; `router` is the text of what it is registered on."""

    function: Function
    decorator: ast.Call
    router: str
    method: str
    path: str

    def option(self, name: str) -> ast.expr | None:
        """The decorator's keyword argument `name`."""
        return next((word.value for word in self.decorator.keywords if word.arg == name), None)

    @property
    def label(self) -> str:
        """The route as its author thinks of it: `GET /users/{id}`."""
        return f"{self.method.upper()} {self.path or '/'}"


def find_routes(tree: Tree, names: Names) -> Iterator[Route]:
    """Every path operation of the module, in written order; one for each decorator."""
    routers = _assigned_routers(tree, names)
    for function in tree.functions:
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                router = dotted(decorator.func.value)
                method = decorator.func.attr
                path = _path(decorator)
                known = router in routers or _ROUTER_NAME.search(router)
                if method in _DECORATORS and known and path is not None and (path == "" or path[0] == "/"):
                    yield Route(function, decorator, router, method, path)


def _assigned_routers(tree: Tree, names: Names) -> frozenset[str]:
    return frozenset(
        dotted(target)
        for assign in tree.of(ast.Assign)
        if isinstance(assign.value, ast.Call) and names.callee(assign.value) in ("fastapi.APIRouter", "fastapi.FastAPI")
        for target in assign.targets
    )


def _path(decorator: ast.Call) -> str | None:
    given = decorator.args[0] if decorator.args else None
    if given is None:
        given = next((word.value for word in decorator.keywords if word.arg == "path"), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
