"""LibCST trees: reading them without a traceback, asking what they name, and renaming what is the entity's own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TypeVar

import libcst as cst

from layerwise.errors import InvalidInputError

Node = TypeVar("Node", bound=cst.CSTNode)

# What libraries call their own is never an entity's: router.post, response.json, data.items.
LIBRARY_ATTRIBUTES = frozenset(
    [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "trace",
        "items",
        "keys",
        "values",
        "json",
        "text",
        "status_code",
        "headers",
        "params",
        "data",
        "content",
        "copy",
        "update",
        "pop",
        "index",
        "count",
        "format",
    ]
)
_LAYOUT = re.compile(
    "whitespace|[lr]par|leading_lines|comma|header|footer|semicolon|lbrace|lbracket|rbrace|rbracket|^newline"
)
_METHODS = frozenset(
    ["get", "post", "put", "patch", "delete", "head", "options", "trace", "websocket", "api_route", "include_router"]
)


def parse_module(text: str, path: str) -> cst.Module:
    """The tree of a file. Raises InvalidInputError naming a file that cannot be parsed."""
    try:
        return _parse(text)
    except (cst.ParserSyntaxError, UnicodeError, RecursionError) as error:
        line = getattr(error, "raw_line", "?")
        raise InvalidInputError(f"{path} cannot be parsed at line {line}, so its style cannot be followed.") from error


@lru_cache(maxsize=64)
def _parse(text: str) -> cst.Module:
    """The tree, which no one changes, kept for the next attempt at the same files."""
    return cst.parse_module(text)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it that means something, whitespace and comments aside."""
    stack = [node]
    while stack:
        inner = stack.pop()
        yield inner
        stack += reversed(children(inner))


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The parts of a node that mean something. LibCST's own way to them visits every blank."""
    found: list[cst.CSTNode] = []
    for name in _parts(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += [each for each in value if isinstance(each, cst.CSTNode)]
    return found


@lru_cache(maxsize=256)
def _parts(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if not _LAYOUT.search(each.name))


def names_in(node: cst.CSTNode) -> set[str]:
    """Every identifier below a node, attributes and keywords included."""
    return {inner.value for inner in walk(node) if isinstance(inner, cst.Name)}


def text_of(node: cst.CSTNode) -> str:
    """A node as source."""
    return cst.Module([]).code_for_node(node)


def string_value(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal."""
    if not isinstance(node, cst.SimpleString):
        return None
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def root_name(node: cst.CSTNode) -> str:
    """The name that a chain of attributes, calls and subscripts starts from."""
    while isinstance(node, cst.Attribute | cst.Call | cst.Subscript | cst.Await):
        if isinstance(node, cst.Call):
            node = node.func
        elif isinstance(node, cst.Await):
            node = node.expression
        else:
            node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def last_part(node: cst.CSTNode) -> str:
    """The last name of a chain: `get` of `router.get`."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def docstring_line(node: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """Whether a statement is a string alone."""
    return (
        isinstance(node, cst.SimpleStatementLine)
        and isinstance(node.body[0], cst.Expr)
        and isinstance(node.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


@dataclass(frozen=True, slots=True)
class Scope:
    """What belongs to whom where a tree is renamed.

    `own` are attributes and keywords that the entity's code defines; `foreign` the names that are imported from
    libraries, whose keywords keep their names; `common` the fields that schemas for any entity have: `items`.
    """

    own: frozenset[str]
    foreign: frozenset[str]
    common: frozenset[str] = frozenset()


def rename_tree(node: Node, rename: Callable[[str], str], scope: Scope) -> Node:
    """A tree with names, texts and comments renamed."""
    changed = node.visit(_Renamer(rename, scope))
    assert isinstance(changed, type(node))
    return changed


class _Renamer(cst.CSTTransformer):
    def __init__(self, rename: Callable[[str], str], scope: Scope) -> None:
        self.rename = rename
        self.own = scope.own
        self.foreign = scope.foreign
        self.common = scope.common
        self.kept: set[int] = set()
        self.modules: set[int] = set()

    def visit_Attribute(self, node: cst.Attribute) -> None:
        name = node.attr.value
        taken = name in _METHODS | LIBRARY_ATTRIBUTES or name not in self.own
        if id(node) not in self.modules and taken:
            self.kept.add(id(node.attr))

    def visit_Call(self, node: cst.Call) -> None:
        library = root_name(node.func) in self.foreign or last_part(node.func) in _METHODS
        called = last_part(node.func)
        for argument in node.args:
            if argument.keyword is None:
                continue
            word = argument.keyword.value
            if library or word not in self.own or (word in self.common and self.rename(called) == called):
                self.kept.add(id(argument.keyword))

    def visit_DictElement(self, node: cst.DictElement) -> None:
        self._keep_common(node.key)

    def visit_Index(self, node: cst.Index) -> None:
        self._keep_common(node.value)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if isinstance(node.comparisons[0].operator, cst.In | cst.NotIn):
            self._keep_common(node.left)

    def _keep_common(self, node: cst.BaseExpression) -> None:
        """A key that an answer has for any entity."""
        if string_value(node) in self.common:
            self.kept.add(id(node))

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        if node.module is None:
            return True
        self.modules |= {id(part) for part in walk(node.module) if isinstance(part, cst.Attribute)}
        return bool(node.relative) or root_name(node.module) not in self.foreign

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if id(original_node) in self.kept or original_node.value in self.foreign:
            return updated_node
        return updated_node.with_changes(value=self.rename(updated_node.value))

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        if id(original_node) in self.kept:
            return updated_node
        return updated_node.with_changes(value=self.rename(updated_node.value))

    def leave_FormattedStringText(
        self, original_node: cst.FormattedStringText, updated_node: cst.FormattedStringText
    ) -> cst.FormattedStringText:
        return updated_node.with_changes(value=self.rename(updated_node.value))

    def leave_Comment(self, original_node: cst.Comment, updated_node: cst.Comment) -> cst.Comment:
        return updated_node.with_changes(value=self.rename(updated_node.value))
