"""Source text of expressions, parsed when its meaning is asked for."""

import ast
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=50_000)
def parse_expression(text: str) -> ast.expr | None:
    """The syntax tree of an expression; None when `text` is empty or is none."""
    if not text:
        return None
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_call(text: str) -> ast.Call | None:
    """The call that `text` is, or None."""
    node = parse_expression(text)
    return node if isinstance(node, ast.Call) else None


def dotted_name(node: ast.expr | None) -> str:
    """`a.b.c` for a chain of names, for a string that holds one, and for what is subscripted; else empty."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    if isinstance(node, ast.Subscript):
        return dotted_name(node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return dotted_name(parse_expression(node.value)) if node.value.strip() else ""
    return ""


def last_name(node: ast.expr | None) -> str:
    """The last part of a dotted name: `mapped_column` of `orm.mapped_column`."""
    return dotted_name(node).rpartition(".")[2]


def callee_name(node: ast.AST | None) -> str:
    """The last name of what a call calls, `where` of `select(User).where(…)` too; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else last_name(node.func)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((word.value for word in call.keywords if word.arg == name), None)


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """An argument given by position or by name."""
    if position < len(call.args) and not isinstance(call.args[position], ast.Starred):
        return call.args[position]
    return keyword(call, name)


def literal(node: ast.expr | None) -> object:
    """The value of a constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def text_literal(node: ast.expr | None) -> str:
    """The value of a string constant; empty for anything else."""
    value = literal(node)
    return value if isinstance(value, str) else ""


def is_true(node: ast.expr | None) -> bool:
    """Whether an expression is the constant True."""
    return literal(node) is True


def unparse(node: ast.expr | None) -> str:
    """The normalised text of an expression, empty for None."""
    return ast.unparse(node) if node is not None else ""


def annotated_parts(node: ast.expr | None) -> tuple[ast.expr | None, list[ast.expr]]:
    """The type and the metadata of `Annotated[type, …]`; for anything else, itself and nothing."""
    if isinstance(node, ast.Subscript) and last_name(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
        first, *rest = node.slice.elts
        return first, rest
    return node, []


def union_members(node: ast.expr | None) -> Iterator[ast.expr]:
    """The members of `A | B`, `Optional[A]` and `Union[A, B]`; for anything else, itself. Strings are opened."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = parse_expression(node.value) or node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from union_members(node.left)
        yield from union_members(node.right)
    elif isinstance(node, ast.Subscript) and last_name(node.value) in ("Optional", "Union"):
        members = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for member in members:
            yield from union_members(member)
        if last_name(node.value) == "Optional":
            yield ast.Constant(None)
    elif node is not None:
        yield node


def is_none(node: ast.expr) -> bool:
    """Whether an expression is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None


def strip_optional(node: ast.expr | None) -> tuple[ast.expr | None, bool]:
    """The one type beside None, or the whole when there are several, and whether None is allowed."""
    members = list(union_members(node))
    others = [member for member in members if not is_none(member)]
    return (others[0] if len(others) == 1 else node), len(others) < len(members)
