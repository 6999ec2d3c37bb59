"""Parsing: a tree of all that can be parsed of a file, a snippet or half-typed code, with positions of the text."""

import ast
import re
import sys
from dataclasses import dataclass, replace

from layerwise.review.finding import Span
from layerwise.review.repair import UnparsableError, parse_piece, parse_text, repair
from layerwise.review.source import Source

MAX_CHARACTERS = 2_000_000
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n`]*$")
# Signs of syntax that came after Python 3.11; without one the costly second parser is not asked.
_NEWER = re.compile(
    r"\s*(type\s+\w+|(async\s+)?(def|class)\s+\w+\s*\[|except\*?\s+[\w.]+\s*,)|.*\b([tT][rR]?|[rR][tT])[\"']"
)
# What an older parser says of a formatted string that holds its own quotes, a backslash or the end of a line.
_FORMATTED = re.compile(r".*\b([fF][rR]?|[rR][fF])[\"']")
_TRIPPED = ("unterminated string literal", "unexpected character after line continuation")


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What the parser said about the text, and where."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tree, the syntax error of the whole text if any, the lines that are in no tree, and what was assumed."""

    root: ast.Module
    problem: SyntaxProblem | None = None
    unseen: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()


def parse(source: Source) -> Parsed:
    """Parse all that can be parsed."""
    try:
        return Parsed(parse_text(source.code))
    except SyntaxError as error:
        first = error
    except (ValueError, RecursionError, MemoryError) as error:
        return Parsed(_empty(), SyntaxProblem(Span(1, 1, 1, 1), f"cannot be parsed: {error}"), _all_lines(source))
    if _may_be_newer(source.lines, first) and (newer := _parse_newer(source.lines)) is not None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Parsed(newer, notices=(f"uses syntax newer than Python {version}, which runs the review",))
    if (fenced := _unfence(source.lines)) is not None:
        return _parse_snippet(fenced, first, "reviewed the fenced code only")
    if next((line for line in source.lines if line.strip()), "x")[0] in " \t":
        return _parse_snippet(source.lines, first, "indented snippet: read as the body of a block")
    return _mend(source.lines, first)


def _may_be_newer(lines: list[str], error: SyntaxError) -> bool:
    """Whether what the parser stumbled over looks like a construct that a later Python has."""
    message = error.msg or ""
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    if message.startswith("f-string") or _NEWER.match(line):
        return True
    return message.startswith(_TRIPPED) and _FORMATTED.match(line) is not None


def _parse_newer(lines: list[str]) -> ast.Module | None:
    """The tree of a text in newer syntax than the running Python's; None when it is in none that is known."""
    from layerwise.review.newer import lower

    for text in lower("\n".join(lines)):
        try:
            return parse_text(text)
        except SyntaxError:
            continue
    return None


def _empty() -> ast.Module:
    return ast.Module(body=[], type_ignores=[])


def _all_lines(source: Source) -> tuple[int, ...]:
    return tuple(range(1, len(source.lines) + 1))


def _parse_snippet(lines: list[str], first: SyntaxError, notice: str) -> Parsed:
    """A text that is no file: fences taken out, or an indented piece, read under an `if` so that columns stay."""
    try:
        return Parsed(parse_text("\n".join(lines)), notices=(notice,))
    except SyntaxError:
        pass
    try:
        return Parsed(ast.Module(body=parse_piece(lines, 0), type_ignores=[]), notices=(notice,))
    except UnparsableError:
        return replace(_mend(lines, first), notices=(notice,))


def _mend(lines: list[str], first: SyntaxError) -> Parsed:
    """What can be parsed of a text in which the parser found an error."""
    body, unseen = repair(lines, first)
    return Parsed(ast.Module(body=body, type_ignores=[]), _problem(lines, first), unseen)


def _unfence(lines: list[str]) -> list[str] | None:
    """The lines with all outside Markdown fences blanked; None when there are no fences of Python."""
    kept, inside, found = [], False, False
    for line in lines:
        fence = _FENCE.match(line)
        if fence and not inside:
            inside = fence[2].lower() in ("", "python", "py", "python3")
            found = found or inside
            kept.append("")
        elif fence and not fence[2]:
            inside = False
            kept.append("")
        else:
            kept.append(line if inside else "")
    return kept if found else None


def _problem(lines: list[str], error: SyntaxError) -> SyntaxProblem:
    line = min(max(error.lineno or 1, 1), len(lines))
    column = max(error.offset or 1, 1)
    end_line = error.end_lineno if error.end_lineno and error.end_lineno >= line else line
    end_column = error.end_offset if error.end_offset and error.end_offset > 0 else column
    if end_line == line:
        end_column = max(end_column, column)
    return SyntaxProblem(Span(line, column, end_line, end_column), error.msg or "invalid syntax")
