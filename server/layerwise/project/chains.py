"""Abbreviations of expressions: what type resolution needs of them, as one short string."""

import ast


def chain_of(node: ast.expr) -> str:
    """The chain that abbreviates an expression."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{chain_of(node.value)}.{node.attr}"
        case ast.Call():
            return chain_of(node.func) + "()"
        case ast.Await():
            return chain_of(node.value) + "!"
        case ast.Subscript():
            return chain_of(node.value) + "[]"
        case ast.BoolOp(op=ast.Or()):
            return chain_of(node.values[-1])
        case ast.IfExp():
            return chain_of(node.orelse if isinstance(node.body, ast.Constant) else node.body)
        case ast.NamedExpr():
            return chain_of(node.value)
    return "?"


def target_name(target: ast.expr) -> str:
    """`name` or `self.name`; empty for other targets."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        return f"self.{target.attr}"
    return ""


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`."""
    return chain_of(test).rpartition(".")[2] == "TYPE_CHECKING"
