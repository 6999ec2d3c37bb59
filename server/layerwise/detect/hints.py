"""A quick look at code before it is parsed: which of its lines may hold a shape, and which statements are worth it."""

import re
from bisect import bisect_left
from functools import cached_property
from typing import Any

from layerwise.detect.snippet import Snippet

_NAMES = re.compile(r"(?:from|import|class|if|try)\b|\w+ *(?::.*)?=(?!=)")
_NONE: frozenset[str] = frozenset()


class Hints:
    """The words in a snippet that the shapes of a skill are made of, and the lines that have them."""

    def __init__(self, snippet: Snippet, triggers: dict[str, Any]) -> None:
        self.snippet = snippet
        words, endings = triggers["hints"]
        ends = tuple(endings)
        self._hints = snippet.vocabulary.intersection(words).union(
            word for word in snippet.vocabulary if word.endswith(ends)
        )

    @property
    def is_silent(self) -> bool:
        """Whether no line tells of a shape; most code is so and need not be parsed."""
        return not self.snippet.added or not self._hints

    def find_telling(self, names: frozenset[str] = _NONE) -> set[int]:
        """The lines with a word that shapes are made of, or with one of `names`."""
        telling = self._hints | names
        return {number for number, words in enumerate(self.snippet.words) if not telling.isdisjoint(words)}

    def matters(self, start: int, end: int) -> bool:
        """Whether the lines from `start` to before `end` may hold an added shape, or give names a meaning."""
        first = next((text for text in self.snippet.texts[start:end] if text.strip()), "")
        return bool(_NAMES.match(first)) or (_holds(self._added, start, end) and _holds(self._telling, start, end))

    @cached_property
    def _added(self) -> list[int]:
        return sorted(self.snippet.added)

    @cached_property
    def _telling(self) -> list[int]:
        return sorted(self.find_telling(self.snippet.declared))


def _holds(numbers: list[int], start: int, end: int) -> bool:
    at = bisect_left(numbers, start)
    return at < len(numbers) and numbers[at] < end
