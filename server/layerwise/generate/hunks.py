"""Three texts merged line by line, and what to say where two of them changed the same lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Hunk:
    """A place that both sides changed: `where` names it, the texts are as generated, as edited, as it would become."""

    where: str
    base: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        """The three texts, marked, for somebody who must make one of them."""
        sides = (("as generated", self.base), ("as it is", self.ours), ("as it would become", self.theirs))
        return "\n".join([self.where, *(f"--- {title}\n{_cut(text)}" for title, text in sides)])


def merge_lines(where: str, base: str, ours: str, theirs: str) -> str | Hunk:
    """`ours` with what leads from `base` to `theirs`, or the first place where that and the edits in it collide."""
    lines = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
    merged: list[str] = []
    for is_stable, parts in _list_regions(*lines):
        old, mine, new = ("".join(part) for part in parts)
        if is_stable or mine in (new, old):
            merged.append(new)
        elif new == old:
            merged.append(mine)
        else:
            return Hunk(where, old, mine, new)
    return "".join(merged)


def _list_regions(
    base: list[str], ours: list[str], theirs: list[str]
) -> Iterator[tuple[bool, tuple[list[str], list[str], list[str]]]]:
    """The texts cut where all three agree: regions in which they do, and those between."""
    in_ours, in_theirs = _map_lines(base, ours), _map_lines(base, theirs)
    start = (0, 0, 0)
    for number in range(len(base)):
        if number not in in_ours or number not in in_theirs:
            continue
        here = (number, in_ours[number], in_theirs[number])
        yield False, (base[start[0] : here[0]], ours[start[1] : here[1]], theirs[start[2] : here[2]])
        yield True, ([base[number]], [ours[here[1]]], [theirs[here[2]]])
        start = (here[0] + 1, here[1] + 1, here[2] + 1)
    yield False, (base[start[0] :], ours[start[1] :], theirs[start[2] :])


def _map_lines(base: list[str], other: list[str]) -> dict[int, int]:
    """For every line of `base` that `other` has too, its number there."""
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + offset: block.b + offset for block in blocks for offset in range(block.size)}


def _cut(text: str) -> str:
    lines = text.splitlines() or ["(nothing)"]
    return "\n".join([*lines[:_SHOWN], *([f"… {len(lines) - _SHOWN} lines more"] if len(lines) > _SHOWN else [])])
