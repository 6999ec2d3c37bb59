"""Python source as syntax trees, also when it is half typed, cut out of a file, or a notebook."""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

MAX_CHUNK = 100_000
_MAX_TRIES = 400
_CONTINUES = re.compile(r"[ \t]*(?:[)\]}]|(?:elif|else|except|finally)\b)")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


class Chunk(NamedTuple):
    """A tree and the number of lines that stand before it in the text it comes from."""

    tree: ast.Module
    line: int


def parse_chunks(text: str) -> list[Chunk]:
    """What of `text` can be read as Python, in order; the rest is left out."""
    lines = [line.rstrip("\r").replace("\r", " ") for line in text[:MAX_CHUNK].split("\n")]
    return list(_parse_lines(lines, 0, [_MAX_TRIES]))


def _parse_lines(lines: list[str], line: int, tries: list[int]) -> Iterator[Chunk]:
    if not any(text.strip() for text in lines):
        return
    if tree := _parse(_dedent(lines), tries):
        yield Chunk(tree, line)
        return
    blocks = list(_split_blocks(lines))
    if len(blocks) == 1:
        yield from _repair(lines, line, tries)
        return
    for start, end in blocks:
        yield from _parse_lines(lines[start:end], line + start, tries)


def _repair(lines: list[str], line: int, tries: list[int]) -> Iterator[Chunk]:
    """One statement that does not parse: closed where it breaks off, or else its inner lines on their own."""
    dedented = _dedent(lines)
    closed = _close(dedented)
    for fixed in (closed, _add_body(closed), _add_body([*closed[:-1], f"{closed[-1]}:"]), _add_body(dedented)):
        if tree := _parse(fixed, tries):
            yield Chunk(tree, line)
            return
    head = next((at for at, text in enumerate(lines) if text.strip()), 0)
    if len(lines) > head + 1:
        if tree := _parse(_add_body(_close(dedented[: head + 1])), tries):
            yield Chunk(tree, line)
        yield from _parse_lines(lines[head + 1 :], line + head + 1, tries)


def _parse(lines: list[str], tries: list[int]) -> ast.Module | None:
    if tries[0] <= 0:
        return None
    tries[0] -= 1
    source = "\n".join(lines)
    if "\0" in source:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dedent(lines: list[str]) -> list[str]:
    """`lines` without the indentation of the least indented one."""
    width = min((_indent(text) for text in lines if text.strip()), default=0)
    return [text[width:] for text in lines] if width else lines


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _indent_after(lines: list[str]) -> str:
    last = next((text for text in reversed(lines) if text.strip()), "")
    return last[: _indent(last)] + ("    " if last.rstrip().endswith(":") else "")


def _split_blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of the statements at the least indentation; decorators stay with what they decorate."""
    width = min(_indent(text) for text in lines if text.strip())
    start, decorated = 0, False
    for at, text in enumerate(lines):
        if not text.strip() or _indent(text) > width or _CONTINUES.match(text):
            continue
        if at > start and not decorated and any(line.strip() for line in lines[start:at]):
            yield start, at
            start = at
        decorated = text.lstrip().startswith("@")
    yield start, len(lines)


def _close(lines: list[str]) -> list[str]:
    """`lines` with the brackets that they leave open closed."""
    stack: list[str] = []
    text = "\n".join(lines).rstrip()
    quote = ""
    for char in text:
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
    return [*lines, f"{_indent_after(lines)}pass"]
