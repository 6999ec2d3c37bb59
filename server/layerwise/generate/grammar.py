"""The field grammar: from text to words with positions, without judging what the words mean.

    fields   := field ((","|";"|NEWLINE) field)*          separators count outside brackets and quotes
    field    := NAME ":" TYPE ["(" args ")"] ["[]"] ["!"|"?"] ["=" value] (flag | key "=" value)*

`!` is required (and the default), `?` allows NULL. Quotes are double or single; a backslash escapes the quote and
itself. Every character is looked at a bounded number of times.
"""

from dataclasses import dataclass

from layerwise.errors import shorten
from layerwise.generate.problems import Problem

MAX_TEXT = 100_000
_SEPARATORS = ",;\n"
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STOPS = frozenset(" \t\r\n\f\v:=!?()[]{}\"'") | frozenset(_SEPARATORS)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text; `position` counts characters of the whole text, None where it came as an object."""

    value: str
    position: int | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A field as it was written. `args` is None where there are no brackets; `mark` is `!`, `?` or empty."""

    path: str
    name: Word
    type: Word
    args: tuple[Word, ...] | None = None
    many: bool = False
    mark: str = ""
    default: Word | None = None
    flags: tuple[Word, ...] = ()
    keys: tuple[tuple[Word, Word], ...] = ()
    source: str = ""

    def problem(
        self,
        part: str,
        code: str,
        message: str,
        word: Word | None = None,
        *,
        allowed: tuple[str, ...] = (),
        suggestion: str | None = None,
    ) -> Problem:
        """A Problem at `part` of this item, pointing at `word` or else at the name."""
        path = f"{self.path}.{part}" if part else self.path
        position = (word or self.name).position
        return Problem(path, code, message, allowed, suggestion, position, self.source)


def parse_items(text: str, path: str = "fields", offset: int = 0, source: str = "") -> tuple[list[Item], list[Problem]]:
    """The fields written in `text`, and what could not be read; a field with a problem is left out.

    `offset` is where `text` begins in `source`, the whole text, for positions.
    """
    source = source or text
    spans, problems = split(text)
    items = []
    for number, (start, end) in enumerate(spans):
        cursor = Cursor(text, start, end)
        try:
            items.append(_parse_item(cursor, f"{path}[{number}]", offset, source))
        except UnreadableError as error:
            problems.append(Problem(f"{path}[{number}]", error.code, error.message, position=error.position))
    located = [
        Problem(
            problem.path or path, problem.code, problem.message, problem.allowed, problem.suggestion,
            (problem.position or 0) + offset, source,
        )
        for problem in problems
    ]  # fmt: skip
    return items, located


def split(text: str, separators: str = _SEPARATORS) -> tuple[list[tuple[int, int]], list[Problem]]:
    """Where the parts of `text` between separators outside brackets and quotes start and end; empty parts are skipped.

    A bracket or quote left open is a Problem; the part that it stands in is left out.
    """
    spans: list[tuple[int, int]] = []
    stack: list[int] = []
    start = position = 0
    while position < len(text):
        character = text[position]
        if character in "\"'" and (stack or opens_quote(text, position)):
            closing = _closing_quote(text, position, len(text))
            if closing is None:
                return spans, [
                    Problem("", "unclosed_quote", f"the quote {character} is never closed", position=position)
                ]
            position = closing
        elif character in _CLOSING:
            stack.append(position)
        elif character in ")]}":
            if not stack or _CLOSING[text[stack[-1]]] != character:
                return spans, [Problem("", "unbalanced", f"{character} closes nothing", position=position)]
            stack.pop()
        elif character in separators and not stack:
            _add(spans, text, start, position)
            start = position + 1
        position += 1
    if stack:
        opened = stack[-1]
        message = f"{text[opened]} is never closed; {_CLOSING[text[opened]]} is missing"
        return spans, [Problem("", "unbalanced", message, position=opened)]
    _add(spans, text, start, len(text))
    return spans, []


def split_words(text: str, offset: int, separators: str = ",") -> tuple[Word, ...]:
    """The parts of balanced `text` as words, quotes taken off."""
    return tuple(to_word(text[start:end], offset + start) for start, end in split(text, separators)[0])


def quote(text: str) -> str:
    """`text` as a word of the grammar: bare where that reads back the same, else in double quotes."""
    if text and not any(character in _STOPS or character == "\\" or character.isspace() for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quote_default(text: str) -> str:
    """`text` as a default: bare, `null` would be no value."""
    return '"null"' if text == "null" else quote(text)


def opens_quote(text: str, position: int) -> bool:
    """A quote opens at the start of a value, not inside a word such as `don't`."""
    return position == 0 or text[position - 1] in " \t\n=,:;([{+"


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    part = text[start:end]
    if stripped := part.strip():
        begin = start + len(part) - len(part.lstrip())
        spans.append((begin, begin + len(stripped)))


def _closing_quote(text: str, position: int, end: int) -> int | None:
    mark = text[position]
    position += 1
    while position < end:
        if text[position] == "\\":
            position += 1
        elif text[position] == mark:
            return position
        position += 1
    return None


def to_word(text: str, position: int | None) -> Word:
    """`text` as a word, quotes taken off."""
    if len(text) >= 2 and text[0] in "\"'" and _closing_quote(text, 0, len(text)) == len(text) - 1:
        return Word(_unescape(text[1:-1], text[0]), position, quoted=True)
    return Word(text, position)


def _unescape(text: str, mark: str) -> str:
    parts = []
    position = 0
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 2] in ("\\", mark):
            position += 1
        parts.append(text[position])
        position += 1
    return "".join(parts)


class UnreadableError(Exception):
    """The item at hand cannot be read further."""

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(message)
        self.code, self.message, self.position = code, message, position


class Cursor:
    """A place in one item of the text."""

    def __init__(self, text: str, position: int, end: int) -> None:
        self.text, self.position, self.end = text, position, end

    def peek(self) -> str:
        return self.text[self.position] if self.position < self.end else ""

    def skip_space(self) -> None:
        while self.peek().isspace():
            self.position += 1

    def take(self, characters: str) -> str:
        """The next character if it is one of these, else nothing."""
        if (character := self.peek()) and character in characters:
            self.position += 1
            return character
        return ""

    def word(self) -> tuple[str, int]:
        start = self.position
        while self.peek() and self.peek() not in _STOPS:
            self.position += 1
        return self.text[start : self.position], start

    def brackets(self) -> tuple[str, int]:
        """What the bracket at hand holds."""
        start = self.position
        depth = 0
        while self.position < self.end:
            character = self.text[self.position]
            if character in "\"'":
                self.position = _closing_quote(self.text, self.position, self.end) or self.position
            depth += (character in "([{") - (character in ")]}")
            self.position += 1
            if not depth:
                break
        return self.text[start + 1 : self.position - 1], start + 1

    def value(self) -> tuple[str, int]:
        """Up to the next space outside brackets and quotes."""
        start = self.position
        while (character := self.peek()) and not character.isspace():
            if character in "([{":
                self.brackets()
            elif character in "\"'" and opens_quote(self.text, self.position):
                self.position = (_closing_quote(self.text, self.position, self.end) or self.position) + 1
            else:
                self.position += 1
        return self.text[start : self.position], start


def _parse_item(cursor: Cursor, path: str, offset: int, source: str) -> Item:
    name, start = cursor.word()
    cursor.skip_space()
    if not name:
        found = shorten(cursor.peek())
        raise UnreadableError("name_missing", f"a field name was expected, not {found!r}", start)
    if not cursor.take(":"):
        hint = f"a field is written name:type; {shorten(name)!r} has no type, such as {shorten(name)}:str"
        raise UnreadableError("type_missing", hint, cursor.position if cursor.peek() else start)
    cursor.skip_space()
    type_name, type_start = cursor.word()
    if not type_name:
        raise UnreadableError(
            "type_missing", f"the type of {shorten(name)!r} is missing, such as {shorten(name)}:str", start
        )
    args = None
    if cursor.peek() and cursor.peek() in "({":
        inner, inner_start = cursor.brackets()
        args = split_words(inner, offset + inner_start)
    many = False
    if cursor.peek() == "[":
        if cursor.brackets()[0].strip():
            raise UnreadableError("unexpected", "[] after a type takes nothing inside", cursor.position - 1)
        many = True
    mark = cursor.take("!?")
    default = None
    if cursor.peek() == "=":
        cursor.position += 1
        default = _take_value(cursor, offset)
    flags, keys = parse_tail(cursor, offset)
    return Item(
        path,
        Word(name, offset + start),
        Word(type_name, offset + type_start),
        args,
        many,
        mark,
        default,
        flags,
        keys,
        source,
    )


def parse_tail(cursor: Cursor, offset: int) -> tuple[tuple[Word, ...], tuple[tuple[Word, Word], ...]]:
    """The flags and the keys that follow a type; a colon before a flag is the way some other generators write it."""
    flags: list[Word] = []
    keys: list[tuple[Word, Word]] = []
    while True:
        cursor.skip_space()
        cursor.take(":")
        if not cursor.peek():
            return tuple(flags), tuple(keys)
        text, start = cursor.word()
        if not text:
            raise UnreadableError(
                "unexpected", f"a flag or key=value was expected, not {cursor.peek()!r}", cursor.position
            )
        word = Word(text, offset + start)
        if cursor.take("="):
            keys.append((word, _take_value(cursor, offset)))
        else:
            flags.append(word)


def _take_value(cursor: Cursor, offset: int) -> Word:
    text, start = cursor.value()
    if not text:
        raise UnreadableError("value_missing", "a value was expected after =", start)
    return to_word(text, offset + start)
