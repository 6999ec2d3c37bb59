"""Python source as syntax trees, also when it is half typed, cut out of a file, or a notebook."""

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

_CONTINUES = re.compile(r"[ \t]*(?:[)\]}]|(?:elif|else|except|finally)\b)")
_BLOCK = re.compile(r"@|(?:async|class|def|elif|else|except|finally|for|if|match|try|while|with)\b")
_OPENERS = {"elif": "if _: pass", "else": "if _: pass", "except": "try: pass", "finally": "try: pass"}
_MARKS = re.compile(r"[()\[\]{}\"'\n]")
_QUOTES = '"""'
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_EFFORT = 4
_LEAST_EFFORT = 20_000


class Chunk(NamedTuple):
    """A tree and the number of lines that stand before it in the text it comes from."""

    tree: ast.Module
    line: int


def parse_chunks(lines: list[str], matters: Callable[[int, int], bool]) -> list[Chunk]:
    """What of `lines` can be read as Python, in order; the rest is left out.

    Text that does not parse is cut into statements; one that breaks off is closed, or else read line by line. Of those
    only the ones whose lines, from a number to one before another, matter are looked at. The effort is bounded by a
    multiple of the text's length.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parse_all([line.rstrip("\r").replace("\r", " ") if line.strip() else "" for line in lines], matters)


def _parse_all(lines: list[str], matters: Callable[[int, int], bool]) -> list[Chunk]:
    chunks: list[Chunk] = []
    effort = _EFFORT * sum(map(len, lines)) + _LEAST_EFFORT
    waiting = [(0, len(lines))]
    while waiting and effort > 0:
        start, end = waiting.pop()
        part = _dedent(lines[start:end])
        if not any(part):
            continue
        effort -= sum(map(len, part)) + 20 * len(part)
        tree, before = _parse_part(part)
        if tree:
            chunks.append(Chunk(tree, start - before))
            continue
        blocks = list(_split_blocks(part))
        if len(blocks) == 1:
            effort -= 4 * sum(map(len, part))
            tree, rest = _repair(part)
            if tree:
                chunks.append(Chunk(tree, start))
            if rest:
                waiting.append((start + rest, end))
        else:
            spans = ((start + first, start + after) for first, after in reversed(blocks))
            waiting.extend(span for span in spans if matters(*span))
    return chunks


def _parse_part(lines: list[str]) -> tuple[ast.Module | None, int]:
    """The tree of `lines`, which may go on with what began above them, and how many lines it has more than they."""
    first = re.match(r"\w*", next(filter(None, lines)))
    if first and first[0] in _OPENERS:
        return _parse([_OPENERS[first[0]], *lines]), 1
    return _parse(lines) or _parse_behind_text(lines), 0


def _parse_behind_text(lines: list[str]) -> ast.Module | None:
    """The tree of `lines` that begin inside a text in triple quotes, which is left out; None for all others."""
    quotes = [text.count(_QUOTES) for text in lines]
    if sum(quotes) % 2 == 0 or next(filter(None, quotes)) != 1:
        return None
    first, after = int(bool(_BLOCK.match(lines[0]))), quotes.index(1) + 1
    if _parse(_dedent(lines[first : after - 1])):
        return None
    return _parse([*lines[:first], *[""] * (after - first), *lines[after:]])


def _repair(lines: list[str]) -> tuple[ast.Module | None, int]:
    """One statement that does not parse: closed where it breaks off, or its head; and where to go on, 0 for nowhere."""
    closed = _close(lines)
    fixes = [closed] if closed != lines else []
    if is_block := bool(_BLOCK.match(next(filter(None, lines)))):
        fixes += [_add_body(closed), _add_body([*closed[:-1], f"{closed[-1]}:"])]
    for fixed in fixes:
        if tree := _parse(fixed):
            return tree, 0
    head = next(at for at, text in enumerate(lines) if text) + 1
    if head >= len(lines):
        return None, 0
    closed = _close(lines[:head])
    return _parse(_add_body(closed) if is_block else closed), head


def _parse(lines: list[str]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dedent(lines: list[str]) -> list[str]:
    """`lines` without the indentation of the least indented one."""
    width = min([_indent(text) for text in lines if text], default=0)
    return [text[width:] for text in lines] if width else lines


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _split_blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of the statements that are not indented; decorators stay with what they decorate."""
    start, decorated, empty = 0, False, True
    for at, text in enumerate(lines):
        if text and not text[0].isspace() and not _CONTINUES.match(text):
            if not empty and not decorated:
                yield start, at
                start, empty = at, True
            decorated = text.startswith("@")
        empty = empty and not text
    yield start, len(lines)


def _close(lines: list[str]) -> list[str]:
    """`lines` with the brackets that they leave open closed."""
    stack: list[str] = []
    text = "\n".join(lines).rstrip()
    quote = ""
    for char in _MARKS.findall(text):
        if quote:
            quote = "" if char in (quote, "\n") else quote
        elif char in "\"'":
            quote = char
        elif char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif stack and char == stack[-1]:
            stack.pop()
    return (text.rstrip(",= ") + "".join(reversed(stack))).split("\n")


def _add_body(lines: list[str]) -> list[str]:
    last = next((text for text in reversed(lines) if text.strip()), "")
    indent = last[: _indent(last)] + ("    " if last.rstrip().endswith(":") else "")
    return [*lines, f"{indent}pass"]
