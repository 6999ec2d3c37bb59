"""A quick look at code before it is parsed: which of its lines may hold a shape, and which statements are worth it."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

_WORD = re.compile(r"\w+")
_DECLARES = re.compile(r"\s*(?:from|import|class)\b|\w+ *(?::.*)?=(?!=)|[\s\w,()]*$")
_NAMES = re.compile(r"(?:from|import|class|if|try)\b|\w+ *(?::.*)?=(?!=)")
_NONE: frozenset[str] = frozenset()


class Hints:
    """The lines of some code, of which `added` count, and the words in them that shapes are made of."""

    def __init__(self, lines: list[str], added: set[int], triggers: dict[str, Any]) -> None:
        self.lines = lines
        self.added = added
        words, endings = triggers["hints"]
        self._hints = frozenset(words)
        self._endings = re.compile(rf"(?:{'|'.join(map(re.escape, endings))})(?!\w)") if endings else None
        self._words = [_WORD.findall(line) for line in lines]
        self._added = sorted(added)
        declared = (self._words[number] for number, line in enumerate(lines) if _DECLARES.match(line))
        self._telling = sorted(self.find_telling(_NONE.union(*declared)))

    @property
    def is_silent(self) -> bool:
        """Whether no line tells of a shape; most code is so and need not be parsed."""
        return not self._added or not self.find_telling()

    def find_telling(self, names: Iterable[str] = ()) -> set[int]:
        """The lines with a word that shapes are made of, or with one of `names`."""
        hints, endings = self._hints.union(names), self._endings
        return {
            number
            for number, words in enumerate(self._words)
            if not hints.isdisjoint(words) or (endings and endings.search(self.lines[number]))
        }

    def matters(self, start: int, end: int) -> bool:
        """Whether the lines from `start` to before `end` may hold an added shape, or give names a meaning."""
        first = next((line for line in self.lines[start:end] if line.strip()), "")
        return bool(_NAMES.match(first)) or (_holds(self._added, start, end) and _holds(self._telling, start, end))


def _holds(numbers: list[int], start: int, end: int) -> bool:
    at = bisect_left(numbers, start)
    return at < len(numbers) and numbers[at] < end
