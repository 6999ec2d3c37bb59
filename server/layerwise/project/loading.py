"""Loader options of queries: which relationships they load, and what below those; and what leaves its session."""

import ast
from collections.abc import Iterator

from layerwise.project.expressions import callee_name, last_name

_LOADERS = frozenset({"selectinload", "joinedload", "subqueryload", "contains_eager", "immediateload", "raiseload"})
_DETACHING = frozenset({"expunge", "expunge_all", "make_transient"})


def read_loads(options: list[ast.expr]) -> frozenset[str]:
    """The relationships that loader options name, with those below them: `posts` and `posts.tags`.

    Options that cannot be read count as `*`, everything.
    """
    found: set[str] = set()
    for option in options:
        if not isinstance(option, ast.Call) or not any(name in _LOADERS for name in _names(option)):
            found.add("*")
        else:
            found |= _load_paths(option, "")
    return frozenset(found)


def _load_paths(option: ast.expr, above: str) -> set[str]:
    """The paths that a chain such as `selectinload(User.posts).joinedload(Post.tags)` loads, below the path `above`."""
    if not isinstance(option, ast.Call):
        return {"*"}
    found: set[str] = set()
    below = above
    if isinstance(option.func, ast.Attribute) and isinstance(option.func.value, ast.Call):
        found = _load_paths(option.func.value, above)
        below = max(found, key=len, default=above)
    name = callee_name(option)
    if name in _LOADERS:
        for argument in option.args:
            below = f"{below}.{_relationship_named(argument)}".lstrip(".")
            found.add("*" if below.endswith("*") else below)
    elif name == "options":
        for argument in option.args:
            found |= _load_paths(argument, below)
    return found


def _relationship_named(argument: ast.expr) -> str:
    """`posts` of `User.posts` and of `User.posts.and_(…)`; `*` for a string or anything else."""
    while isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
        argument = argument.func.value
    return last_name(argument) if isinstance(argument, ast.Attribute) else "*"


def _names(option: ast.Call) -> Iterator[str]:
    """The names called in a chain of loader options."""
    return (callee_name(node) for node in ast.walk(option))


def detaches(node: ast.AST | None) -> bool:
    """Whether a function takes rows out of their session, which has no more to do with them then."""
    return node is not None and any(
        isinstance(inner, ast.Call) and last_name(inner.func) in _DETACHING for inner in ast.walk(node)
    )
