"""Renaming: one entity's name for another's in every form that code writes it in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from layerwise.generate.names import pluralize, words


def spell(parts: Iterable[str]) -> tuple[str, ...]:
    """The forms of a name made of lower-case words: snake, class, constant, kebab, in words and run together."""
    listed = list(parts)
    snake = "_".join(listed)
    return (
        snake,
        "".join(part.capitalize() for part in listed),
        snake.upper(),
        "-".join(listed),
        " ".join(listed),
        " ".join([listed[0].capitalize(), *listed[1:]]),
        " ".join(part.capitalize() for part in listed),
        "".join(listed),
        listed[0] + "".join(part.capitalize() for part in listed[1:]),
    )


@dataclass(frozen=True)
class Renaming:
    """Pairs of entities, each as words in the singular; `kept` are other entities whose longer names stay whole."""

    pairs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    kept: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def _forms(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.kept:
            for form in (*spell(name), *spell(_plural(name))):
                found.setdefault(form, form)
        for old, new in self.pairs:
            for before, after in ((old, new), (_plural(old), _plural(new))):
                for form, put in zip(spell(before), spell(after), strict=True):
                    found.setdefault(form, put)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = "|".join(map(_bound, sorted(self._forms, key=len, reverse=True)))
        return re.compile(rf"(?P<article>\b[Aa]n?\s+)?(?P<form>{forms})")

    def rename(self, text: str) -> str:
        """`text` with every occurrence as words of their own replaced: `read_items` becomes `read_orders`."""
        return self._pattern.sub(self._put, text)

    def _put(self, found: re.Match[str]) -> str:
        new = self._forms[found["form"]]
        article = found["article"] or ""
        if article and new != found["form"]:
            vowel = new[0].lower() in "aeiou"
            article = f"{article[0]}{'n' if vowel else ''}{article.lstrip('aAn')}"
        return article + new

    def concerns(self, text: str) -> bool:
        """Whether `text` names one of the entities that are renamed."""
        return self.rename(text) != text


def _plural(name: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pluralize("_".join(name)).split("_"))


def _bound(form: str) -> str:
    """The form where it stands as words of its own: `item` in `item_in` and `itemId`, not in `items` or `itemise`."""
    text = re.escape(form)
    if form.isupper():
        return rf"(?<![A-Za-z]){text}(?![A-Za-z])"
    return rf"{text}(?![a-z])" if form[0].isupper() else rf"(?<![A-Za-z]){text}(?![a-z])"


def entity_words(name: str) -> tuple[str, ...]:
    """The words of a class name without what marks it as a model: `ReportModel` gives report."""
    found = words(name)
    while len(found) > 1 and found[-1] in ("model", "entity", "orm", "table", "db"):
        found.pop()
    return tuple(found)


def find_longer(names: Iterable[tuple[str, ...]], own: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The names that hold all words of `own` and more: order_item for order."""
    size = len(own)
    return tuple(
        sorted(
            name
            for name in names
            if len(name) > size and any(name[start : start + size] == own for start in range(len(name) - size + 1))
        )
    )
