"""What can go wrong, said so that the reader knows what to do next."""

from collections.abc import Iterable


class LayerwiseError(Exception):
    """An expected failure. Its text says what was wrong, what is allowed and what to do next."""


class InvalidInputError(LayerwiseError):
    """An argument has the wrong type, size, encoding or form."""


class UnknownNameError(LayerwiseError):
    """A name is not one of those that exist; the text lists them and names the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        options = sorted(known)
        listed = ", ".join(options[:40]) + (", …" if len(options) > 40 else "")
        parts = [f"No {kind} is called {shorten(name)!r}."]
        if match := nearest(name, options):
            parts.append(f"Did you mean {match!r}?")
        parts.append(f"Known: {listed or 'none'}.")
        if hint:
            parts.append(hint)
        super().__init__(" ".join(parts))


class OutsideRootError(LayerwiseError):
    """A path leads outside the project root, directly or through a symbolic link."""


class ConflictError(LayerwiseError):
    """The tree is not what the change was made for; nothing was written."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is close."""
    from difflib import get_close_matches

    by_key = {option.casefold(): option for option in known}
    found = get_close_matches(name.casefold()[:100], by_key, n=1, cutoff=0.6)
    return by_key[found[0]] if found else None


def shorten(text: str, limit: int = 80) -> str:
    """`text` cut to `limit` characters, so that hostile input cannot flood an answer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
