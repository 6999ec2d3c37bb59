"""Entries in a JSONC text: put in and taken out by splices, so that nothing else of the text moves."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from layerwise.errors import InvalidInputError
from layerwise.install.jsonc import Member, Node, read_document
from layerwise.install.layout import BLANKS, Layout
from layerwise.install.splice import Splice

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of Layerwise's at `path` of a file.

    With a `marker` it is an element of the array there, known by that text in it; without, the member itself, of which
    keys that are not in `value` are the user's. One that is `shared` is needed by others too: it is not changed where
    it is there already, and not taken out.
    """

    path: Path
    value: Any
    marker: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Splices for one text, and the paths of the containers that they make."""

    splices: tuple[Splice, ...] = ()
    made: tuple[Path, ...] = ()


def put_in(text: str, entry: Entry, name: str) -> Step:
    """What makes `entry` part of `text`; an empty step where it is already.

    Raises InvalidInputError when the file `name` is malformed, or holds something else on the way to the entry.
    """
    node = read_document(text, name)
    layout = Layout.of(text, node)
    if node is None:
        gap = "" if text in ("", "\ufeff") or text.endswith("\n") else layout.eol
        document = gap + layout.render(_wrap(entry, 0)) + layout.eol
        return Step((Splice(len(text), len(text), document),), _containers(entry, 0))
    for depth, key in enumerate(entry.path):
        _check(node, dict, entry.path[:depth], name)
        if (member := node.find(key)) is None:
            inserted = layout.insert(node, [(key, _wrap(entry, depth + 1))])
            return Step(inserted, _containers(entry, depth + 1))
        node = member.node
    if entry.shared:
        return Step()
    return Step(_put_element(layout, node, entry, name) if entry.marker else _put_members(layout, node, entry, name))


def take_out(text: str, entry: Entry, made: Sequence[Path], name: str) -> tuple[Splice, ...]:
    """What removes `entry` from `text`, with the containers among `made` that it leaves empty; nothing if not there.

    Raises InvalidInputError when the file `name` is malformed.
    """
    node = read_document(text, name)
    way: list[tuple[Node, Member]] = []
    for key in entry.path:
        member = node.find(key) if node and isinstance(node.value, dict) else None
        if node is None or member is None:
            return ()
        way.append((node, member))
        node = member.node
    if entry.marker and node:
        if (own := _find_own(node, entry.marker)) is None:
            return ()
        way.append((node, own))
    parent, member = way.pop()
    while way and len(parent.members) == 1 and entry.path[: len(way)] in made:
        parent, member = way.pop()
    return _remove(text, parent, member)


def _put_element(layout: Layout, node: Node, entry: Entry, name: str) -> tuple[Splice, ...]:
    _check(node, list, entry.path, name)
    if (own := _find_own(node, entry.marker)) is None:
        # A group that the user made of this and other commands is left as it is.
        return () if entry.marker in json.dumps(node.value) else layout.insert(node, [(None, entry.value)])
    return () if own.node.value == entry.value else (layout.replace(own.node, entry.value),)


def _put_members(layout: Layout, node: Node, entry: Entry, name: str) -> tuple[Splice, ...]:
    _check(node, dict, entry.path, name)
    missing: list[tuple[str | None, Any]] = []
    splices: list[Splice] = []
    for key, value in entry.value.items():
        if (member := node.find(key)) is None:
            missing.append((key, value))
        elif member.node.value != value:
            splices.append(layout.replace(member.node, value))
    return (*splices, *(layout.insert(node, missing) if missing else ()))


def _find_own(array: Node, marker: str) -> Member | None:
    """The element of which every command has the marker in it."""
    return next((member for member in array.members if _is_own(member.node.value, marker)), None)


def _is_own(value: Any, marker: str) -> bool:
    group = value.get("hooks") if isinstance(value, dict) else None
    commands = group if isinstance(group, list) and group else [value]
    return all(marker in json.dumps(command) for command in commands)


def _remove(text: str, parent: Node, member: Member) -> tuple[Splice, ...]:
    index = parent.members.index(member)
    before = parent.members[index - 1] if index else None
    start = len(text[: member.start].rstrip(BLANKS))
    end = member.node.end if member.comma is None else member.comma + 1
    if "\n" in text[start : member.start] and not re.match(r"[ \t]*\r?\n", text[end:]):
        start = member.start
    gone = Splice(start, end, "")
    if before and before.comma is not None and member.comma is None:
        return (Splice(before.comma, before.comma + 1, ""), gone)
    return (gone,)


def _wrap(entry: Entry, depth: int) -> Any:
    """The entry's value with the containers around it that are below `depth` of its path."""
    value = [entry.value] if entry.marker else entry.value
    for key in reversed(entry.path[depth:]):
        value = {key: value}
    return value


def _containers(entry: Entry, depth: int) -> tuple[Path, ...]:
    """The containers of the entry's path from `depth` on, which have to be made."""
    end = len(entry.path) + bool(entry.marker)
    return tuple(entry.path[:length] for length in range(max(depth, 1), end))


def _check(node: Node, kind: type, path: Path, name: str) -> None:
    if not isinstance(node.value, kind):
        wanted = "object" if kind is dict else "array"
        where = ".".join(path) or "its top"
        raise InvalidInputError(f"{name} holds no {wanted} at {where}. Make it one, or remove it.")
