"""Elements: what a call, a dict, a list or a signature says once for each field, said for the new fields instead."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import libcst as cst

from layerwise.generate.likeness.attributes import Attribute
from layerwise.generate.likeness.mentions import Mentions
from layerwise.generate.likeness.syntax import last_part, root_name, string_value

Choice = Callable[[cst.CSTNode, str], Sequence[Attribute]]
Element = TypeVar("Element", bound=cst.CSTNode)


def put_name(node: Element, old: str, new: str) -> Element:
    """A node in which the field `old` is called `new`."""
    changed = node.visit(_FieldRenamer(old, new))
    assert isinstance(changed, type(node))
    return changed


class ElementExpander(cst.CSTTransformer):
    """Rewrites the elements that are about one field of the exemplar.

    `choose` gives the new attributes that stand for a field where an element names it; `samples` the source of a test
    value for an attribute in place of an old literal; `testing` says whether literals are such values.
    """

    def __init__(
        self,
        mentions: Mentions,
        choose: Choice,
        sample: Callable[[Attribute, cst.BaseExpression, str, bool], str],
        *,
        testing: bool,
        old_style: bool,
    ) -> None:
        self.mentions = mentions
        self.choose = choose
        self.sample = sample
        self.testing = testing
        self.old_style = old_style
        self.models: frozenset[str] = frozenset()

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        library = root_name(original_node.func) in self.mentions.foreign or self._asks_by_field(original_node)
        stores = root_name(original_node.func) in self.models
        called = last_part(original_node.func)
        args = self.expand(
            updated_node.args, lambda each: self.mentions.strong(each, library=library, called=called), stores
        )
        return updated_node.with_changes(args=args)

    def _asks_by_field(self, node: cst.Call) -> bool:
        """Whether what is called is called after a field: its arguments are that field's, not all fields'."""
        called = last_part(node.func)
        return any(re.search(rf"_{field}(_|$)", called) for field in self.mentions.fields)

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        return updated_node.with_changes(elements=self.expand(updated_node.elements, self.mentions.strong))

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        return updated_node.with_changes(elements=self.expand(updated_node.elements, self.mentions.strong))

    def leave_Set(self, original_node: cst.Set, updated_node: cst.Set) -> cst.BaseExpression:
        elements = self.expand(updated_node.elements, self.mentions.strong)
        return updated_node.with_changes(elements=elements) if elements else cst.parse_expression("set()")

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:
        return updated_node.with_changes(elements=self.expand(updated_node.elements, self.mentions.strong))

    def leave_Parameters(self, original_node: cst.Parameters, updated_node: cst.Parameters) -> cst.Parameters:
        return updated_node.with_changes(
            params=self.expand(updated_node.params, self.mentions.strong),
            kwonly_params=self.expand(updated_node.kwonly_params, self.mentions.strong),
        )

    def expand(self, elements: Sequence[Any], about: Callable[[Any], str], stores: bool = False) -> list[Any]:
        """The elements with those about old fields replaced, at the place of the first, by those about new ones."""
        old = [(element, about(element)) for element in elements]
        templates = [(element, field) for element, field in old if field]
        if not self.testing:
            # What code gives a field of itself is the exemplar's own, unless it gives examples of all of them.
            fixed = [each for each in templates if _is_fixed(each[0], self.mentions)]
            if 0 < len(fixed) < len(templates):
                old = [each for each in old if each not in fixed]
                templates = [each for each in templates if each not in fixed]
        if not templates:
            return list(elements)
        made: list[Any] = []
        for attribute in self.choose_all(templates):
            template, field = self.fitting(templates, attribute)
            made.append(self.instantiate(template, field, attribute, stores))
        placed = False
        result: list[Any] = []
        for element, field in old:
            if not field:
                result.append(element)
            elif not placed:
                placed = True
                result += made
        return _with_commas(elements, result)

    def choose_all(self, templates: list[tuple[Any, str]]) -> list[Attribute]:
        chosen: dict[str, Attribute] = {}
        for element, field in templates:
            for attribute in self.choose(element, field):
                chosen.setdefault(attribute.name, attribute)
        return list(chosen.values())

    def fitting(self, templates: list[tuple[Any, str]], attribute: Attribute) -> tuple[Any, str]:
        """The old element that is most like what the attribute needs: chosen for it, and of its kind."""
        able = [each for each in templates if attribute in self.choose(*each)]
        return (able or templates)[0]

    def instantiate(self, template: Any, field: str, attribute: Attribute, stores: bool) -> Any:
        if isinstance(template, cst.Param):
            return self.parameter(template, attribute)
        value = getattr(template, "value", None)
        literal = isinstance(value, cst.BaseExpression) and not self.mentions.within(value)
        made = put_name(template, field, attribute.name)
        plain = isinstance(value, cst.SimpleString | cst.BaseNumber)
        if (
            literal
            and (self.testing or plain)
            and string_value(value) != field
            and not isinstance(template, cst.Element)
        ):
            assert isinstance(value, cst.BaseExpression)
            source = self.sample(attribute, value, field, stores)
            made = made.with_changes(value=cst.parse_expression(source))
        return made

    def parameter(self, template: cst.Param, attribute: Attribute) -> cst.Param:
        optional = template.default is not None or attribute.null
        changes: dict[str, Any] = {"name": cst.Name(attribute.name)}
        if template.annotation is not None:
            text = attribute.annotation(optional=optional, old_style=self.old_style)
            changes["annotation"] = template.annotation.with_changes(annotation=cst.parse_expression(text))
        return template.with_changes(**changes)


class OrderReplacer(cst.CSTTransformer):
    """Sorts by the key what was sorted by a field."""

    def __init__(self, mentions: Mentions, key: str) -> None:
        self.mentions = mentions
        self.key = key

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if last_part(updated_node.func) != "order_by":
            return updated_node
        arguments = []
        for argument in updated_node.args:
            for old in self.mentions.within(argument):
                argument = put_name(argument, old, self.key)
            arguments.append(argument)
        return updated_node.with_changes(args=arguments)


class ConstraintPruner(cst.CSTTransformer):
    """Takes constraints on fields that are no more out of a tuple."""

    def __init__(self, mentions: Mentions) -> None:
        self.mentions = mentions

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.BaseExpression:
        kept = [each for each in updated_node.elements if not self.mentions.within(each)]
        if len(kept) == len(updated_node.elements):
            return updated_node
        return updated_node.with_changes(elements=[each.with_changes(comma=cst.Comma()) for each in kept])


class _FieldRenamer(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if updated_node.value == self.old:
            return updated_node.with_changes(value=self.new)
        if updated_node.value == self.old.upper():
            return updated_node.with_changes(value=self.new.upper())
        parts = updated_node.value.split("_")
        old = self.old.split("_")
        for start in range(len(parts) - len(old) + 1):
            if parts[start : start + len(old)] == old:
                name = "_".join([*parts[:start], self.new, *parts[start + len(old) :]])
                return updated_node.with_changes(value=name)
        return updated_node

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        if string_value(updated_node) == self.old:
            quote = updated_node.quote
            return updated_node.with_changes(value=f"{updated_node.prefix}{quote}{self.new}{quote}")
        return updated_node


def _is_fixed(element: cst.CSTNode, mentions: Mentions) -> bool:
    """Whether an element gives a field a value that depends on no field."""
    value = getattr(element, "value", None)
    return isinstance(element, cst.Arg | cst.DictElement) and value is not None and not mentions.within(value)


def _with_commas(before: Sequence[Any], after: list[Any]) -> list[Any]:
    """The elements with the commas of the list they stood in: between them, and behind the last where one was."""
    if not after:
        return after
    between = next((each.comma for each in before[:-1] if isinstance(each.comma, cst.Comma)), None)
    between = between or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    last = before[-1].comma
    return [*(each.with_changes(comma=between) for each in after[:-1]), after[-1].with_changes(comma=last)]


def replace_literals(node: cst.BaseStatement, replace: Callable[[cst.BaseExpression], str | None]) -> cst.BaseStatement:
    """A statement whose literals are given new sources; None keeps one."""
    changed = node.visit(_LiteralReplacer(replace))
    assert isinstance(changed, cst.BaseStatement)
    return changed


class _LiteralReplacer(cst.CSTTransformer):
    def __init__(self, replace: Callable[[cst.BaseExpression], str | None]) -> None:
        self.replace = replace

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        return False

    def leave_DictElement(self, original_node: cst.DictElement, updated_node: cst.DictElement) -> cst.DictElement:
        return updated_node.with_changes(key=original_node.key)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        return False

    def _put(self, original: cst.BaseExpression, updated: cst.BaseExpression) -> cst.BaseExpression:
        source = self.replace(original)
        return updated if source is None else cst.parse_expression(source)

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        return self._put(original_node, updated_node)

    def leave_Integer(self, original_node: cst.Integer, updated_node: cst.Integer) -> cst.BaseExpression:
        return self._put(original_node, updated_node)

    def leave_Float(self, original_node: cst.Float, updated_node: cst.Float) -> cst.BaseExpression:
        return self._put(original_node, updated_node)
