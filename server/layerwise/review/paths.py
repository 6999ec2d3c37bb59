"""Paths: which expressions of a file hold a `pathlib.Path`."""

import ast

from layerwise.review.names import Names
from layerwise.review.tree import Function, Tree, parameters

_MAKERS = frozenset({"pathlib.Path", "pathlib.Path.cwd", "pathlib.Path.home"})
_STEPS = frozenset({"parent", "joinpath", "resolve", "absolute", "expanduser", "with_suffix", "with_name"})
_DEPTH = 8


def is_path(tree: Tree, names: Names, node: ast.expr, depth: int = _DEPTH) -> bool:
    """Whether an expression is a Path: made here, handed in as one, or reached from one by `/` and the like."""
    if depth == 0:
        return False
    if isinstance(node, ast.Call):
        if names.callee(node) in _MAKERS:
            return True
        return isinstance(node.func, ast.Attribute) and is_path(tree, names, node.func, depth - 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return is_path(tree, names, node.left, depth - 1)
    if isinstance(node, ast.Attribute):
        return node.attr in _STEPS and is_path(tree, names, node.value, depth - 1)
    return isinstance(node, ast.Name) and _holds_path(tree, names, node, depth - 1)


def _holds_path(tree: Tree, names: Names, name: ast.Name, depth: int) -> bool:
    """Whether the nearest scope that binds a name binds it to paths only."""
    scopes = [each for each in tree.ancestors(name) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in (*scopes, tree.root):
        if isinstance(scope, Function):
            for argument in parameters(scope):
                if argument.arg == name.id:
                    return names.is_any(argument.annotation, "pathlib.Path")
        body = tree.body(scope) if isinstance(scope, Function) else scope.body
        values = [value for statement in body if (value := _bound(statement, name.id)) is not None]
        if values:
            return all(value is not name and is_path(tree, names, value, depth) for value in values)
    return False


def _bound(node: ast.AST, name: str) -> ast.expr | None:
    """What an assignment gives a name."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if any(isinstance(target, ast.Name) and target.id == name for target in targets):
        return node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return None
