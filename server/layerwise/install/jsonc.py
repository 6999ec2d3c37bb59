"""JSON with comments and trailing commas, as editors keep it: read with the place of every value."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layerwise.errors import InvalidInputError, shorten

MAX_DEPTH = 200

_GAP = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object or an element of an array: where it begins (at its key), and its value.

    `comma` is where the comma after it stands, None where there is none.
    """

    key: str | None
    start: int
    node: "Node"
    comma: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value: `text[start:end]` spells it. `members` are those of an object or an array, in order."""

    start: int
    end: int
    value: Any
    members: tuple[Member, ...] = field(default=())

    def find(self, key: str) -> Member | None:
        """The member that counts for `key`: where a key stands twice, the last does."""
        return next((member for member in reversed(self.members) if member.key == key), None)


def read_document(text: str, name: str) -> Node | None:
    """The object that `text` holds; None when there is nothing but white space and comments.

    Raises InvalidInputError, naming the file `name` and the line, when it is no object or malformed.
    """
    reader = _Reader(text, name)
    start = reader.skip(1 if text.startswith("\ufeff") else 0)
    if start == len(text):
        return None
    node = reader.read(start, 0)
    if (rest := reader.skip(node.end)) < len(text):
        raise reader.fault(rest, "has more text after its end")
    if not isinstance(node.value, Mapping):
        raise reader.fault(start, f"holds no object but {shorten(text[node.start : node.end], 40)!r}")
    return node


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    name: str

    def fault(self, at: int, what: str) -> InvalidInputError:
        line = self.text.count("\n", 0, at) + 1
        return InvalidInputError(f"{self.name} {what} (line {line}). Put that right, or move the file away.")

    def skip(self, at: int) -> int:
        """The place of the next character that is neither white space nor comment."""
        found = _GAP.match(self.text, at)
        return found.end() if found else at

    def read(self, at: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.fault(at, f"is nested deeper than {MAX_DEPTH} levels")
        opener = self.text[at : at + 1]
        if opener in ("{", "["):
            return self._read_members(at, depth, "}" if opener == "{" else "]")
        if not (found := _SCALAR.match(self.text, at)):
            raise self.fault(at, f"is not JSON at {shorten(self.text[at : at + 20], 20)!r}")
        try:
            return Node(at, found.end(), json.loads(found[0]))
        except ValueError as error:
            raise self.fault(at, f"is not JSON: {error}") from error

    def _read_members(self, at: int, depth: int, closer: str) -> Node:
        members: list[Member] = []
        place = self.skip(at + 1)
        while self.text[place : place + 1] != closer:
            if members and members[-1].comma is None:
                raise self.fault(place, f"lacks a comma or {closer!r}")
            start, key = place, None
            if closer == "}":
                key, place = self._read_key(place)
            node = self.read(place, depth + 1)
            place = self.skip(node.end)
            comma = place if self.text[place : place + 1] == "," else None
            members.append(Member(key, start, node, comma))
            place = place if comma is None else self.skip(comma + 1)
        if closer == "}":
            value: Any = {member.key: member.node.value for member in members}
        else:
            value = [member.node.value for member in members]
        return Node(at, place + 1, value, tuple(members))

    def _read_key(self, at: int) -> tuple[str, int]:
        key = self.read(at, MAX_DEPTH) if self.text[at : at + 1] == '"' else None
        colon = self.skip(key.end) if key else at
        if key is None or self.text[colon : colon + 1] != ":":
            raise self.fault(colon, 'needs a key in double quotes and ":"')
        return key.value, self.skip(colon + 1)
