"""Absent: what other models have with the exemplar and nobody has with the new resource, taken out of its code.

A new resource begins without rows that refer to it: the exemplar's collections of such rows, the models of those rows
and whatever is said of either have no counterpart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from layerwise.generate.likeness.syntax import children, last_part, string_value

_LOADING = frozenset({"options", "with_only_columns"})


@dataclass(frozen=True, slots=True)
class Absent:
    """The exemplar's `collections` by attribute, and `models` by the names that a file has for them."""

    collections: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()

    def is_in(self, node: cst.CSTNode) -> bool:
        """Whether code names something absent; types in annotations of variables and parameters aside."""
        return any(True for _ in self._find(node))

    def declares(self, line: cst.CSTNode) -> bool:
        """Whether a line of a class body declares an absent collection."""
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        target = statement.target if isinstance(statement, cst.AnnAssign) else None
        if isinstance(statement, cst.Assign):
            target = statement.targets[0].target
        return isinstance(target, cst.Name) and target.value in self.collections

    def prune(self, statement: cst.BaseStatement) -> cst.BaseStatement:
        """A statement without the arguments, keys and loading options that are about what is absent."""
        if not self.is_in(statement):
            return statement
        changed = statement.visit(_Pruner(self))
        assert isinstance(changed, cst.BaseStatement)
        return changed

    def _find(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom):
            return
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            # A method that is called like a collection is none: `payload.items()`.
            yield from self._find(node.func.value)
            for argument in node.args:
                yield from self._find(argument)
            return
        named = isinstance(node, cst.Attribute) and node.attr.value in self.collections | self.models
        keyed = isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value in self.collections
        if (
            named
            or keyed
            or (isinstance(node, cst.Name) and node.value in self.models)
            or ((text := string_value(node)) is not None and text in self.collections)
        ):
            yield node
        for child in children(node):
            yield from self._find(child)


class _Pruner(cst.CSTTransformer):
    def __init__(self, absent: Absent) -> None:
        self.absent = absent

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        kept = [each for each in updated_node.args if not self._is_gone(each)]
        if len(kept) == len(updated_node.args):
            return updated_node
        if not kept and last_part(updated_node.func) in _LOADING and isinstance(updated_node.func, cst.Attribute):
            return updated_node.func.value
        return updated_node.with_changes(args=_closed(kept, updated_node.args))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        kept = [
            each
            for each in updated_node.elements
            if not (isinstance(each, cst.DictElement) and string_value(each.key) in self.absent.collections)
        ]
        if len(kept) == len(updated_node.elements):
            return updated_node
        return updated_node.with_changes(elements=_closed(kept, updated_node.elements))

    def _is_gone(self, argument: cst.Arg) -> bool:
        if argument.keyword is not None:
            return argument.keyword.value in self.absent.collections
        loads = isinstance(argument.value, cst.Call) and last_part(argument.value.func).endswith(("load", "loader"))
        return loads and self.absent.is_in(argument.value)


def _closed(kept: list[Any], before: Sequence[Any]) -> list[Any]:
    """The elements that are left, the last with the comma that the last had."""
    if kept:
        kept[-1] = kept[-1].with_changes(comma=before[-1].comma)
    return kept
