"""Parsing: a tree of all that can be parsed of a file, a snippet or half-typed code, with positions of the text."""

import ast
import re
import sys
import warnings
from dataclasses import dataclass

from layerwise.review.finding import Span
from layerwise.review.source import Source

MAX_CHARACTERS = 2_000_000
_MAX_ATTEMPTS = 40
_MAX_SPLITS = 6
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n`]*$")
_HEADER = re.compile(
    r"[ \t]*(async[ \t]+def|def|class|if|elif|else|for|async[ \t]+for|while|with|async[ \t]+with|try|except|finally)\b"
)
_BLOCK_START = re.compile(r"[^\s#)\]}]")
_CONTINUATION = re.compile(r"(else|elif|except|finally)\b")
# Signs of syntax that came after Python 3.11; without one the costly second parser is not asked.
_NEWER = re.compile(r"^\s*type\s+\w+|\b(def|class)\s+\w+\s*\[|except\*?\s+[\w.]+\s*,", re.MULTILINE)
_MISSING_BODY = re.compile(r"expected an indented block after .* on line (\d+)")


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
    """Parse all that can be parsed. Bounded: after some forty repairs the rest of the text stays unseen."""
    try:
        return Parsed(_parse(source.code))
    except SyntaxError as error:
        first = error
    except (ValueError, RecursionError, MemoryError) as error:
        return Parsed(_empty(), SyntaxProblem(Span(1, 1, 1, 1), f"cannot be parsed: {error}"), _all_lines(source))
    may_be_newer = (first.msg or "").startswith("f-string") or _NEWER.search(source.code)
    if may_be_newer and (newer := _parse_newer(source.lines)) is not None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Parsed(newer, notices=(f"uses syntax newer than Python {version}, which runs the review",))
    if (fenced := _unfence(source.lines)) is not None:
        return _parse_snippet(fenced, first, "reviewed the fenced code only")
    if next((line for line in source.lines if line.strip()), "x")[0] in " \t":
        return _parse_snippet(source.lines, first, "indented snippet: read as the body of a block")
    return _repair(source.lines, first)


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _parse_newer(lines: list[str]) -> ast.Module | None:
    """The tree of a text in newer syntax than the running Python's; None when it is in none that is known."""
    from layerwise.review.newer import lower

    for text in lower("\n".join(lines)):
        try:
            return _parse(text)
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
        return Parsed(_parse("\n".join(lines)), notices=(notice,))
    except SyntaxError:
        pass
    try:
        return Parsed(_parse_indented(lines), notices=(notice,))
    except SyntaxError:
        repaired = _repair(lines, first)
        return Parsed(repaired.root, repaired.problem, repaired.unseen, (*repaired.notices, notice))


def _parse_indented(lines: list[str]) -> ast.Module:
    root = _parse("if True:\n" + "\n".join(lines))
    ast.increment_lineno(root, -1)
    block, *rest = root.body
    assert isinstance(block, ast.If)
    return ast.Module(body=[*block.body, *block.orelse, *rest], type_ignores=[])


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


def _repair(lines: list[str], first: SyntaxError) -> Parsed:
    """Parse what holds together in as few pieces as can be; where a block fails, mend it line by line."""
    body: list[ast.stmt] = []
    unseen: list[int] = []
    attempts = _Attempts(_MAX_SPLITS, _MAX_ATTEMPTS)
    pending = [_blocks(lines)]
    while pending:
        blocks = pending.pop()
        if len(blocks) == 1:
            found, lost = _mend_block(lines, *blocks[0], attempts)
            body += found
            unseen += lost
        elif blocks:
            try:
                body += _parse_piece(lines, blocks[0][0], blocks[-1][1])
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                pending += reversed(_split(blocks, error, attempts))
    return Parsed(ast.Module(body=body, type_ignores=[]), _problem(lines, first), tuple(sorted(set(unseen))))


@dataclass(slots=True)
class _Attempts:
    """How often a piece may still be split where it fails, and a line taken out of a block."""

    splits: int
    repairs: int


def _split(blocks: list[tuple[int, int]], error: Exception, attempts: _Attempts) -> list[list[tuple[int, int]]]:
    """The blocks before the one that the parser stumbled over, that one, and those behind; one by one at the end."""
    attempts.splits -= 1
    line = error.lineno if isinstance(error, SyntaxError) else None
    if line is None or attempts.splits < 0:
        return [[block] for block in blocks]
    faulty = next((number for number, (_, end) in enumerate(blocks) if line <= end), len(blocks) - 1)
    return [blocks[:faulty], [blocks[faulty]], blocks[faulty + 1 :]]


def _parse_piece(lines: list[str], start: int, end: int) -> list[ast.stmt]:
    """The statements of some lines at their true places."""
    piece = lines[start:end]
    if piece[0][:1] in (" ", "\t"):
        tree = _parse_indented(piece)
        ast.increment_lineno(tree, start)
        return tree.body
    return _parse("\n" * start + "\n".join(piece)).body


def _mend_block(lines: list[str], start: int, end: int, attempts: _Attempts) -> tuple[list[ast.stmt], list[int]]:
    """The statements of one block after taking out line after line, and the numbers of the lines taken out."""
    block = lines[start:end]
    unseen: list[int] = []
    while True:
        try:
            tree = _parse_indented(block) if block[0][:1] in (" ", "\t") else _parse("\n".join(block))
            ast.increment_lineno(tree, start)
            return tree.body, unseen
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            attempts.repairs -= 1
            line = _take_out(block, error) if attempts.repairs > 0 else None
            if line is None:
                return [], [*range(start + 1, end + 1)]
            unseen.append(start + line + 1)


def _blocks(lines: list[str]) -> list[tuple[int, int]]:
    """The ranges of the top-level statements, decorators and comments with what they precede."""
    starts = [
        number
        for number, line in enumerate(lines)
        if _BLOCK_START.match(line)
        and not _CONTINUATION.match(line)
        and not (number and lines[number - 1].startswith("@"))
    ]
    if not starts:
        return [(0, len(lines))] if any(line.strip() for line in lines) else []
    if any(line.strip() for line in lines[: starts[0]]):
        starts.insert(0, 0)
    return list(zip(starts, [*starts[1:], len(lines)], strict=True))


def _take_out(block: list[str], error: Exception) -> int | None:
    """Blank the line that the parser stumbled over, keeping the block parsable; the line's number in the block."""
    if not isinstance(error, SyntaxError) or error.lineno is None:
        return None
    missing_body = _MISSING_BODY.search(error.msg or "")
    indented = 1 if block[0][:1] in (" ", "\t") else 0
    line = int(missing_body[1]) - 1 if missing_body else error.lineno - 1 - indented
    line = min(max(line, 0), len(block) - 1)
    while line > 0 and not block[line].strip():
        line -= 1
    if line > 0 and _HEADER.match(block[line - 1]) and _is_open(block[line - 1]):
        line -= 1
    replacement = _stand_in(block[line], empty=missing_body is not None)
    if replacement == block[line]:
        return None
    block[line] = replacement
    return line


def _is_open(line: str) -> bool:
    """Whether the line opens a bracket that it does not close."""
    return sum(line.count(bracket) for bracket in "([{") > sum(line.count(bracket) for bracket in ")]}")


def _stand_in(line: str, *, empty: bool) -> str:
    """What keeps the place of a broken line: a header that opens the same kind of block, else a bare constant."""
    indent = line[: len(line) - len(line.lstrip())]
    if _HEADER.match(line) and not empty:
        keyword = line.strip().split("(")[0].split()[0]
        header = "async def _():" if keyword == "async" else "def _():" if keyword == "def" else "if 1:"
        if indent + header != line.rstrip():
            return indent + header
    stripped = line.strip()
    return "" if stripped == "0" else f"{indent}0"


def _problem(lines: list[str], error: SyntaxError) -> SyntaxProblem:
    line = min(max(error.lineno or 1, 1), len(lines))
    column = max(error.offset or 1, 1)
    end_line = error.end_lineno if error.end_lineno and error.end_lineno >= line else line
    end_column = error.end_offset if error.end_offset and error.end_offset > 0 else column
    if end_line == line:
        end_column = max(end_column, column)
    return SyntaxProblem(Span(line, column, end_line, end_column), error.msg or "invalid syntax")
