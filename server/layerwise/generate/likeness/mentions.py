"""Mentions: where code names a field of the exemplar, by attribute, keyword, key, parameter or variable."""

from collections.abc import Iterable, Mapping

import libcst as cst

from layerwise.generate.likeness.syntax import children, last_part, root_name, string_value, walk

_PARTS = frozenset({"content", "text", "headers", "url", "status", "data", "body"})
_ANSWERS = frozenset({"response", "resp", "res", "request"})
_QUERIES = frozenset({"where", "filter", "filter_by", "having", "ilike", "like", "contains", "in_"})


class Mentions:
    """Finds the names `fields` in code; keywords of what is imported from libraries (`foreign`) are theirs.

    `takers` are the functions that take fields by position, each with those that it takes; `others` are variables
    called after other models, whose attributes are theirs.
    """

    def __init__(
        self,
        fields: Iterable[str],
        foreign: frozenset[str],
        takers: Mapping[str, frozenset[str]],
        others: frozenset[str],
    ) -> None:
        self.fields = frozenset(fields)
        self.foreign = foreign
        self.takers = takers
        self.others = others

    def within(self, node: cst.CSTNode) -> set[str]:
        """The fields that a node mentions."""
        return set(self._find(node))

    def _find(self, node: cst.CSTNode) -> Iterable[str]:
        if isinstance(node, cst.Call):
            library = root_name(node.func) in self.foreign
            yield from self._find(node.func)
            for argument in node.args:
                if argument.keyword is not None and argument.keyword.value in self.fields and not library:
                    yield argument.keyword.value
                yield from self._find(argument.value)
            return
        if isinstance(node, cst.Annotation | cst.ImportFrom | cst.Import) or self._is_anothers(node):
            return
        if isinstance(node, cst.Name) and node.value in self.fields:
            yield node.value
        elif (text := string_value(node)) is not None and text in self.fields:
            yield text
        for child in children(node):
            yield from self._find(child)

    def in_query(self, node: cst.CSTNode) -> bool:
        """Whether a field is mentioned inside a condition of a query."""
        return any(
            isinstance(inner, cst.Call)
            and last_part(inner.func) in _QUERIES
            and (any(self.within(argument) for argument in inner.args) or self.within(inner.func))
            for inner in walk(node)
        )

    def strong(self, element: cst.CSTNode, *, library: bool = False, called: str = "") -> str:
        """The field that an element of a call, a dict, a list or a signature is about by its own name.

        `called` is the function of a call: one that takes fields by position is given `payload.title` for its title.
        """
        name: str | None = None
        if isinstance(element, cst.Arg) and element.keyword is not None:
            name = None if library else element.keyword.value
        elif isinstance(element, cst.Arg) and isinstance(element.value, cst.Name):
            name = None if library else element.value.value
        elif isinstance(element, cst.Arg) and isinstance(element.value, cst.Attribute):
            given = element.value.attr.value
            name = given if given in self.takers.get(called, ()) else None
        elif isinstance(element, cst.DictElement):
            name = string_value(element.key)
        elif isinstance(element, cst.Element):
            name = string_value(element.value)
        elif isinstance(element, cst.Param):
            name = element.name.value
        return name if name in self.fields and name is not None else ""

    def _is_anothers(self, node: cst.CSTNode) -> bool:
        """Whether a node is an attribute of another model's row, or a part of an answer: `response.content`."""
        if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
            return False
        owner = node.value.value
        return owner.rstrip("0123456789") in self.others or (node.attr.value in _PARTS and owner in _ANSWERS)
