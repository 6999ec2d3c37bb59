"""Statements: what they assign, read, compare and hold in blocks."""

from collections import Counter
from collections.abc import Callable, Sequence

import libcst as cst

from layerwise.generate.likeness.syntax import children, names_in, root_name, walk


class BlockRewriter(cst.CSTTransformer):
    """Rewrites the blocks directly below a compound statement."""

    def __init__(self, expand: Callable[[Sequence[cst.BaseStatement]], list[cst.BaseStatement]]) -> None:
        self.expand = expand
        self.inside = False

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        return False

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        lines = [line for line in updated_node.body if isinstance(line, cst.BaseStatement)]
        return updated_node.with_changes(body=self.expand(lines))


def blocks_of(statement: cst.CSTNode) -> list[cst.IndentedBlock]:
    found: list[cst.IndentedBlock] = []
    for child in children(statement):
        if isinstance(child, cst.IndentedBlock):
            found.append(child)
        elif isinstance(child, cst.Else | cst.If | cst.ExceptHandler | cst.Finally):
            found += blocks_of(child)
    return found


def header_of(statement: cst.BaseStatement) -> cst.CSTNode:
    """A compound statement without its blocks."""
    changed = statement.visit(BlockRewriter(lambda body: []))
    assert isinstance(changed, cst.CSTNode)
    return changed


def is_said_once(statement: cst.BaseStatement) -> bool:
    """Whether a statement only tells a log, or ends what it stands in."""
    node = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(node, cst.Raise) or (
        isinstance(node, cst.Expr)
        and isinstance(node.value, cst.Call)
        and root_name(node.value.func) in ("logger", "log", "logging", "print")
    )


def overwrites(statement: cst.BaseStatement, other: cst.BaseStatement) -> bool:
    """Whether a statement and its like for another field assign the same name, so that one is for nothing."""
    names = plainly_assigned(statement)
    node = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    value = getattr(node, "value", None)
    return bool(names) and names == plainly_assigned(other) and not (value is not None and names & names_in(value))


def compares(header: cst.CSTNode, fields: set[str]) -> bool:
    """Whether a condition asks for one value of a field: such a rule is the exemplar's own."""
    for node in walk(header):
        if isinstance(node, cst.Comparison):
            sides = (node.left, *(each.comparator for each in node.comparisons))
            named = any(isinstance(side, cst.Attribute) and side.attr.value in fields for side in sides)
            if named and any(isinstance(side, cst.SimpleString | cst.BaseNumber) for side in sides):
                return True
    return False


def assigned_names(statement: cst.CSTNode) -> set[str]:
    found: set[str] = set()
    for inner in walk(statement):
        if isinstance(inner, cst.AssignTarget | cst.AnnAssign):
            target = inner.target
            found |= (
                {each.value for each in walk(target) if isinstance(each, cst.Name)}
                if not isinstance(target, cst.Attribute | cst.Subscript)
                else set()
            )
    return found


def method_names(body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> set[str]:
    return {line.name.value for line in body if isinstance(line, cst.FunctionDef)}


def plainly_assigned(statement: cst.BaseStatement) -> set[str]:
    """The names that a statement does nothing but assign."""
    if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Assign | cst.AnnAssign):
        return assigned_names(statement)
    return set()


def read_names(node: cst.CSTNode) -> set[str]:
    """The names that code uses other than to assign them once."""
    counts = Counter(inner.value for inner in walk(node) if isinstance(inner, cst.Name))
    plain = assigned_names(node)
    return {name for name, count in counts.items() if count > 1 or name not in plain}
