"""Words as the search compares them: lower case, identifiers taken apart, endings cut off."""

import re
from collections import Counter
from functools import lru_cache

_WORD = re.compile(r"n\+1|\w+", re.IGNORECASE)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ENDINGS = (
    *("ications", "ication", "ations", "ation", "ators", "ator", "ating", "ated", "ates", "ate", "ions", "ion"),
    *("ments", "ment", "ings", "ing", "ers", "er", "ors", "or", "ed", "ly", "es", "s", "e"),
)
_COMMON = """
a about an and another any are as at be because been best but by can could did do does doing for from get got had has
have how i if in into is it its just like make me my need new of on one or other our out please properly right same
should so some than that the their them then there these they thing this to use used using want was way we well were
what when where which while who why will with would write you your
"""
_STOP = frozenset(_COMMON.split())


def count_words(text: str) -> Counter[str]:
    """How often each stem is in `text`; `scalar_one_or_none` and `AsyncSession` count whole and in their parts."""
    counts: Counter[str] = Counter()
    for word, count in Counter(_WORD.findall(text)).items():
        for stem in _stem_word(word):
            counts[stem] += count
    return counts


@lru_cache(maxsize=16384)
def _stem_word(word: str) -> tuple[str, ...]:
    parts = _PART.findall(word)
    whole = word.strip("_").casefold()
    names = [whole] if len(parts) < 2 else [whole, *(part.casefold() for part in parts)]
    return tuple(_cut_ending(name) for name in names if len(name) > 1 and name not in _STOP)


def _cut_ending(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ss"):
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            stem = word[: -len(ending)]
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "ls" else stem
    return word
