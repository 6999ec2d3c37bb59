"""Reading: one item of the grammar with the problems found in it, and what all items have in common."""

import re
from dataclasses import dataclass

from layerwise.errors import nearest, shorten
from layerwise.generate import names, reserved
from layerwise.generate.grammar import Item, Word
from layerwise.generate.problems import Problem

MAX_NAME = 50

_FLAG_ALIASES = {"uniq": "unique", "idx": "index", "indexed": "index", "searchable": "search", "filterable": "filter"}
_KEY_ALIASES = {
    "gte": "ge", "lte": "le", "min_length": "min", "max_length": "max", "length": "len", "regex": "pattern",
    "description": "desc", "on_delete": "ondelete", "order_by": "order", "server_default": "sdefault",
    "back_populates": "back", "through": "via",
}  # fmt: skip
_MARKS = {
    "optional": "?", "nullable": "?", "null": "?", "required": "!", "notnull": "!", "not_null": "!",
}  # fmt: skip
_FIELD_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CLASS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class NameFault:
    """What is wrong with a name, and what would do instead."""

    code: str
    message: str
    suggestion: str | None = None


def check_class_name(name: str) -> NameFault | None:
    """What is wrong with a class name; None when nothing is."""
    if not name.strip():
        return NameFault("name_missing", "an entity needs a name, such as Order")
    if len(name) > MAX_NAME:
        return NameFault("name_too_long", f"{shorten(name)!r} has {len(name)} characters; at most {MAX_NAME} fit")
    clean = names.class_case(re.sub(r"[^A-Za-z0-9_]+", " ", _plain(name))).lstrip("0123456789")
    if not _CLASS_NAME.fullmatch(name):
        message = f"{name!r} is no class name; it begins with a letter and holds only a-z, A-Z and 0-9"
        return NameFault("name_invalid", message, clean or "Item")
    if names.is_reserved(name) or names.is_reserved(name.lower()) or name.title() in ("None", "True", "False"):
        return NameFault("name_reserved", f"{name!r} means something else to Python or to a library", f"{clean}Record")
    if names.class_case(name) in reserved.CLASSES:
        return NameFault("name_reserved", f"{name!r} is a class that the generated code uses", f"{clean}Record")
    return None


def check_field_name(name: str) -> NameFault | None:
    """What is wrong with the name of a field or relation; None when nothing is."""
    if name in reserved.SQLALCHEMY:
        message = f"{name!r} is an attribute of SQLAlchemy's models"
        return NameFault("name_reserved", message, {"metadata": "meta"}.get(name, f"{name}_value"))
    if len(name) > MAX_NAME:
        return NameFault("name_too_long", f"{shorten(name)!r} has {len(name)} characters; at most {MAX_NAME} fit")
    if not _FIELD_NAME.fullmatch(name):
        message = f"{name!r} is no field name; it begins with a-z and holds a-z, 0-9 and single underscores"
        return NameFault("name_invalid", message, names.snake_case(_plain(name)).lstrip("0123456789_") or None)
    return None


def _plain(text: str) -> str:
    """`text` with accents taken off."""
    from unicodedata import normalize

    return "".join(character for character in normalize("NFKD", text) if character.isascii())


class Reading:
    """One item on its way to a field or a relation; what is wrong with it is added to `problems`."""

    def __init__(self, item: Item, entity: str, problems: list[Problem]) -> None:
        self.item = item
        self.entity = entity
        self.problems = problems
        self.null = item.mark == "?"

    @property
    def name(self) -> str:
        return self.item.name.value

    def refuse(
        self,
        part: str,
        code: str,
        message: str,
        word: Word | None = None,
        *,
        allowed: tuple[str, ...] = (),
        suggestion: str | None = None,
    ) -> None:
        """Add a problem at `part` of the item, pointing at `word`."""
        self.problems.append(self.item.problem(part, code, message, word, allowed=allowed, suggestion=suggestion))

    def check_name(self) -> None:
        if fault := check_field_name(self.name):
            self.refuse("name", fault.code, fault.message, suggestion=fault.suggestion)

    def flags(self, allowed: tuple[str, ...]) -> set[str]:
        """The flags that are set, by their canonical names; the words for NULL and required set `null`."""
        found = set()
        for word in self.item.flags:
            flag = _FLAG_ALIASES.get(word.value.lower(), word.value.lower())
            if mark := _MARKS.get(flag):
                self.null = mark == "?"
            elif flag in allowed:
                found.add(flag)
            else:
                message = f"{shorten(word.value)!r} is no flag here"
                self.refuse("flags", "unknown_flag", message, word, allowed=allowed, suggestion=nearest(flag, allowed))
        return found

    def keys(self, allowed: tuple[str, ...]) -> dict[str, Word]:
        """The keys that are set, by their canonical names."""
        found: dict[str, Word] = {}
        for word, value in self.item.keys:
            key = _KEY_ALIASES.get(word.value.lower(), word.value.lower())
            if key not in allowed:
                message = f"{shorten(word.value)!r} is no key here"
                self.refuse("keys", "unknown_key", message, word, allowed=allowed, suggestion=nearest(key, allowed))
            elif key in found:
                self.refuse(key, "given_twice", f"{key} is given twice", word)
            else:
                found[key] = value
        return found

    def count(self, keys: dict[str, Word], key: str) -> int | None:
        """The whole number from 0 to 100,000 that `key` gives."""
        word = keys.get(key)
        if word is None:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", word.value) or int(word.value) > 100_000:
            message = f"{key} is a whole number from 0 to 100000, not {shorten(word.value)!r}"
            self.refuse(key, "invalid_value", message, word)
            return None
        return int(word.value)
