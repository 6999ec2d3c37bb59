"""Paging: the numbers by which a route lets its clients choose a page."""

import ast
import re
from collections.abc import Iterator

from layerwise.review.routes import Route
from layerwise.review.tree import with_defaults


def find_numbers(route: Route, names: re.Pattern[str]) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The whole numbers among the parameters of a GET route whose names match, each with its default."""
    if route.method != "get":
        return
    for argument, default in with_defaults(route.function):
        wanted = names.match(argument.arg) and argument.annotation is not None
        if wanted and ast.unparse(argument.annotation or argument).startswith(("int", "Optional[int")):
            yield argument, default
