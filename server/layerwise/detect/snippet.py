"""Lines of code from one place, with what every skill asks about them worked out once."""

import re
from collections.abc import Sequence
from functools import cached_property

from layerwise.detect.diffs import Line

_WORD = re.compile(r"\w+")
_DECLARES = re.compile(r"\s*(?:from|import|class)\b|\w+ *(?::.*)?=(?!=)|[\s\w,()]*$")
_NONE: frozenset[str] = frozenset()


class Snippet:
    """Lines of `source` (prompt, code or diff) that belong to the file `path`, empty when none is named."""

    def __init__(self, source: str, path: str, lines: Sequence[Line]) -> None:
        self.source = source
        self.path = path
        self.lines = lines
        self.texts = [line.text for line in lines]
        self.added = {number for number, line in enumerate(lines) if line.added}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the lines."""
        return frozenset(_WORD.findall("\n".join(self.texts)))

    @cached_property
    def words(self) -> list[list[str]]:
        """The words of each line."""
        return [_WORD.findall(text) for text in self.texts]

    @cached_property
    def declared(self) -> frozenset[str]:
        """The words of those lines that may give a name its meaning."""
        declaring = (number for number, text in enumerate(self.texts) if _DECLARES.match(text))
        return _NONE.union(*(self.words[number] for number in declaring))
