"""Splices: pieces of a text that are replaced, and how they are taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Replace the characters `start` to `end` (exclusive) of a text with `text`."""

    start: int
    end: int
    text: str


def splice(text: str, splices: Iterable[Splice]) -> str:
    """`text` with every splice made; they may not overlap, those at one place are made in their order."""
    pieces, at = [], 0
    for each in sorted(splices, key=lambda each: (each.start, each.end)):
        pieces += [text[at : each.start], each.text]
        at = each.end
    return "".join([*pieces, text[at:]])


def invert(text: str, splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """The splices that lead back from `splice(text, splices)` to `text`."""
    back, shift = [], 0
    for each in sorted(splices, key=lambda each: (each.start, each.end)):
        start = each.start + shift
        back.append(Splice(start, start + len(each.text), text[each.start : each.end]))
        shift += len(each.text) - (each.end - each.start)
    return tuple(back)


def compare(before: str, after: str) -> tuple[Splice, ...]:
    """The one splice that leads from `before` to `after`, as short as can be; none when they are equal."""
    if before == after:
        return ()
    head = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    room = min(len(before), len(after)) - head
    ends = zip(reversed(before), reversed(after), strict=False)
    tail = min(room, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends)))
    return (Splice(head, len(before) - tail, after[head : len(after) - tail]),)
