"""Syntax trees of whatever can be parsed: half-written code and syntax that is newer than this interpreter."""

import ast
import re
import warnings

_MOST_REPAIRS = 12
_BARE_EXCEPTION_TYPES = re.compile(r"^(\s*except\*?\s+)([^(:]+,[^:]*?)(\s*:)")
_BLOCK_START = re.compile(r"[A-Za-z_@]")
_BLOCK_GOES_ON = re.compile(r"(else|elif|except|finally)\b")


def parse_source(text: str) -> tuple[ast.Module, str]:
    """The tree of `text` and, when parts had to be left out, why; positions are those of `text`.

    Exception types without parentheses (Python 3.14) are read as a tuple. A statement at the left margin that cannot be
    parsed is left out. Raises SyntaxError, ValueError, RecursionError or MemoryError when nothing helps.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parse_repaired(text)


def _parse_repaired(text: str) -> tuple[ast.Module, str]:
    problem = ""
    first: SyntaxError | None = None
    lines: list[str] | None = None
    for _ in range(_MOST_REPAIRS):
        try:
            return ast.parse(text if lines is None else "\n".join(lines)), problem
        except SyntaxError as error:
            first = first or error
            lines = re.split(r"\r\n|\r|\n", text) if lines is None else lines
            line = min(error.lineno or 0, len(lines))
            if line < 1:
                break
            if found := _BARE_EXCEPTION_TYPES.match(lines[line - 1]):
                lines[line - 1] = f"{found[1]}({found[2]}){found[3]}{lines[line - 1][found.end() :]}"
            else:
                problem = problem or describe_error(first)
                _blank_block(lines, line - 1)
    raise first or SyntaxError("cannot be parsed")


def _blank_block(lines: list[str], position: int) -> None:
    """Empty the statement at the left margin that holds a line, with its decorators."""
    start = position
    while start > 0 and (not _BLOCK_START.match(lines[start]) or _BLOCK_GOES_ON.match(lines[start])):
        start -= 1
    while start > 0 and lines[start - 1].startswith("@"):
        start -= 1
    end = position + 1
    while end < len(lines) and (not _BLOCK_START.match(lines[end]) or _BLOCK_GOES_ON.match(lines[end])):
        end += 1
    lines[start:end] = [""] * (end - start)


def describe_error(error: Exception) -> str:
    """Why a text cannot be read, in a few words."""
    if isinstance(error, SyntaxError):
        return (
            f"syntax error at line {error.lineno}: {error.msg}" if error.lineno else f"cannot be decoded: {error.msg}"
        )
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deeply"
    return str(error)
