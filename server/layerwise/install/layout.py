"""How a JSON text is laid out, so that what is put into it looks as if it had always been there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerwise.install.jsonc import Node
from layerwise.install.splice import Splice

BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """A text, the object that is its whole (None where there is none yet), its line ends and unit of indentation."""

    text: str
    root: Node | None
    eol: str
    unit: str

    @classmethod
    def of(cls, text: str, root: Node | None) -> "Layout":
        """The layout of `text`, read from its first indented member."""
        first = root.members[0].start if root and root.members else 0
        lead = text[text.rfind("\n", 0, first) + 1 : first]
        unit = lead if root and lead and not lead.strip(BLANKS) else "  "
        return cls(text, root, "\r\n" if "\r\n" in text else "\n", unit)

    def render(self, value: Any, indent: str = "", *, inline: bool = False) -> str:
        """A value as it would stand in the text, its further lines behind `indent`."""
        lines = [json.dumps(value, ensure_ascii=False)] if inline else _spell(value, self.unit)
        return (self.eol + indent).join(lines)

    def insert(self, node: Node, items: Sequence[tuple[str | None, Any]]) -> tuple[Splice, ...]:
        """New members (key, value) after the last one of `node`; comments and a trailing comma stay where they are."""
        last = node.members[-1] if node.members else None
        at = node.start + len(self.text[node.start : node.end - 1].rstrip(BLANKS))
        inline = "\n" not in self.text[node.start : node.end] and (last is not None or self._is_in_line(node))
        outer = self._indent(node.start)
        indent = self._indent(last.start) if last and self._leads(last.start) else outer + self.unit
        joint = " " if inline else self.eol + indent
        keys = ("" if key is None else f"{json.dumps(key, ensure_ascii=False)}: " for key, _ in items)
        values = (self.render(value, indent, inline=inline) for _, value in items)
        new = ",".join(joint + key + value for key, value in zip(keys, values, strict=True))
        if last and last.comma is not None:
            new += ","
        if inline:
            new = new if last else new.lstrip()
        elif "\n" not in self.text[at : node.end]:
            new += self.eol + outer
        comma = (Splice(last.node.end, last.node.end, ","),) if last and last.comma is None else ()
        return (*comma, Splice(at, at, new))

    def replace(self, node: Node, value: Any) -> Splice:
        """`value` in place of the one that `node` spells."""
        inline = "\n" not in self.text[node.start : node.end]
        return Splice(node.start, node.end, self.render(value, self._indent(node.start), inline=inline))

    def _is_in_line(self, node: Node) -> bool:
        """Whether the node stands in a text of one line, of which it is not the whole."""
        return node is not self.root and "\n" not in self.text.strip()

    def _indent(self, at: int) -> str:
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _leads(self, at: int) -> bool:
        """Whether nothing but white space stands before `at` on its line."""
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip(BLANKS)


def _spell(value: Any, unit: str) -> list[str]:
    """The lines of a value, a member a line; arrays of plain values stay on theirs."""
    items = list(value.values() if isinstance(value, dict) else value) if isinstance(value, dict | list) else []
    if not items or (isinstance(value, list) and not any(isinstance(item, dict | list) for item in items)):
        return [json.dumps(value, ensure_ascii=False)]
    keys = (
        [json.dumps(key, ensure_ascii=False) + ": " for key in value] if isinstance(value, dict) else [""] * len(items)
    )
    lines = []
    for number, (key, item) in enumerate(zip(keys, items, strict=True), start=1):
        spelled = _spell(item, unit)
        spelled[0] = key + spelled[0]
        spelled[-1] += "," if number < len(items) else ""
        lines += [unit + line for line in spelled]
    opener, closer = "{}" if isinstance(value, dict) else "[]"
    return [opener, *lines, closer]
