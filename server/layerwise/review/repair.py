"""Repair: the statements of half-typed code that can be parsed, at their true places."""

import ast
import re
import warnings
from dataclasses import dataclass, field
from itertools import pairwise

_MAX_REPAIRS = 40
_MAX_SPLITS = 6
_MAX_DEPTH = 60
_HEADER = re.compile(
    r"[ \t]*(async[ \t]+def|def|class|if|elif|else|for|async[ \t]+for|while|with|async[ \t]+with|try|except|finally)\b"
)
_COMPOUND = re.compile(rf"[ \t]*@|{_HEADER.pattern}")
_DEFINITION = re.compile(r"(async[ \t]+def|def|class)\b")
_NO_START = re.compile(r"#|[)\]}]|(else|elif|except|finally)\b")
_MISSING_BODY = re.compile(r"expected an indented block after .* on line (\d+)")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def parse_text(text: str) -> ast.Module:
    """The tree of a text, without the parser's warnings. Raises what `ast.parse` raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


class UnparsableError(Exception):
    """A piece that cannot be parsed: the line at fault in the text, where the parser named one, and what it said."""

    def __init__(self, error: Exception, shift: int = 0) -> None:
        self.message = error.msg if isinstance(error, SyntaxError) else str(error)
        missing = _MISSING_BODY.search(self.message)
        line = int(missing[1]) if missing else getattr(error, "lineno", None)
        super().__init__(self.message)
        self.line = None if line is None else line + shift
        self.lacks_body = missing is not None
        self.is_indented = self.message == "unexpected indent"
        self.is_unclosed = self.message.endswith("was never closed")


def parse_piece(piece: list[str], start: int) -> list[ast.stmt]:
    """The statements of lines that stand behind `start` others, at their true places; they may be indented.

    Raises UnparsableError.
    """
    indented = next(filter(str.strip, piece), "").startswith((" ", "\t"))
    # Empty lines put a piece in its place; before a short one far below they would cost more than moving its nodes.
    padding = start - indented if indented <= start <= 200 + 10 * len(piece) else 0
    shift = start - indented - padding
    try:
        root = parse_text("\n" * padding + "if 1:\n" * indented + "\n".join(piece))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnparsableError(error, shift) from error
    if shift:
        ast.increment_lineno(root, shift)
    if not indented:
        return root.body
    block, *rest = root.body
    assert isinstance(block, ast.If)
    return [*block.body, *block.orelse, *rest]


def repair(lines: list[str], error: SyntaxError) -> tuple[list[ast.stmt], tuple[int, ...]]:
    """The statements of all that holds together, and the numbers of the lines that are in none of them.

    `error` is what the parser said about the whole. Bounded: after some forty repairs a block that does not hold
    together is left out as a whole.
    """
    work = _Repair(lines)
    return work.read(0, len(lines), UnparsableError(error)), tuple(sorted(work.unseen))


@dataclass(slots=True)
class _Repair:
    """A text under repair."""

    lines: list[str]
    unseen: set[int] = field(default_factory=set)
    repairs_left: int = _MAX_REPAIRS
    depth: int = 0

    def read(self, start: int, end: int, error: UnparsableError) -> list[ast.stmt]:
        """Parse lines that do not parse as a whole in as few pieces as can be, and mend the blocks that fail alone."""
        if self.depth >= _MAX_DEPTH:
            return self.drop(start, end)
        self.depth += 1
        body: list[ast.stmt] = []
        splits_left = _MAX_SPLITS
        pending = _split(_find_blocks(self.lines, start, end), error)
        while pending:
            blocks = pending.pop()
            if len(blocks) == 1:
                body += self.mend(*blocks[0])
            elif blocks:
                first, last = blocks[0][0], blocks[-1][1]
                try:
                    body += parse_piece(self.lines[first:last], first)
                except UnparsableError as following:
                    splits_left -= 1
                    pending += _split(blocks, following if splits_left > 0 else None)
        self.depth -= 1
        return body

    def mend(self, start: int, end: int) -> list[ast.stmt]:
        """The statements of one block: of a function or a class what holds together, else less line after line."""
        try:
            return parse_piece(self.lines[start:end], start)
        except UnparsableError as error:
            if opened := _open(self.lines, start, end):
                definition, inside = opened
                return [_fill(definition, self.read(inside, end, error))]
            is_compound = _COMPOUND.match(self.lines[start])
            if error.is_indented and not is_compound and end - start > 1:
                return self.mend(start, start + 1) + self.read(start + 1, end, error)
            if error.is_unclosed and not is_compound and error.line == start + 1:
                return self.drop(start, end)
            return self.strip(start, end, error)

    def drop(self, start: int, end: int) -> list[ast.stmt]:
        """No statements: these lines stay unseen."""
        self.unseen.update(number + 1 for number in range(start, end) if self.lines[number].strip())
        return []

    def strip(self, start: int, end: int, error: UnparsableError) -> list[ast.stmt]:
        """The statements of a block after taking out line after line."""
        block = self.lines[start:end]
        lost: list[int] = []
        while any(line.strip() for line in block[1:]) and self.repairs_left > 0:
            self.repairs_left -= 1
            line = _take_out(block, error, start)
            if line is None:
                break
            lost.append(start + line + 1)
            try:
                found = parse_piece(block, start)
            except UnparsableError as following:
                error = following
            else:
                self.unseen.update(lost)
                return found
        return self.drop(start, end)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _find_blocks(lines: list[str], start: int, end: int) -> list[tuple[int, int]]:
    """The ranges of the statements at the indentation of the first, decorators and comments with what they precede."""
    written = [number for number in range(start, end) if lines[number].strip()]
    if not written:
        return []
    margin = _indent(lines[written[0]])
    starts = [
        number
        for number in written
        if _indent(lines[number]) <= margin
        and not _NO_START.match(lines[number].lstrip(" \t"))
        and not (number > start and lines[number - 1].lstrip(" \t").startswith("@"))
    ]
    if not starts or starts[0] > written[0]:
        starts.insert(0, written[0])
    return list(zip(starts, [*starts[1:], end], strict=True))


def _split(blocks: list[tuple[int, int]], error: UnparsableError | None) -> list[list[tuple[int, int]]]:
    """The last first: the blocks behind the one that the parser stumbled over, that one, and those before.

    Without an error that has a place they come one by one.
    """
    line = error.line if error else None
    if line is None:
        return [[block] for block in reversed(blocks)]
    faulty = next((number for number, (_, end) in enumerate(blocks) if line <= end), len(blocks) - 1)
    return [blocks[faulty + 1 :], blocks[faulty : faulty + 1], blocks[:faulty]]


def _open(lines: list[str], start: int, end: int) -> tuple[Definition, int] | None:
    """The function or class that a block is, with a stand-in for its body, and where that begins; None for others."""
    margin = _indent(lines[start])
    written = [number for number in range(start, end) if lines[number].strip()]
    inside = next(
        (
            below
            for above, below in pairwise(written)
            if lines[above].partition("#")[0].rstrip().endswith(":") and _indent(lines[below]) > margin
        ),
        None,
    )
    if inside is None or not any(_DEFINITION.match(lines[number], margin) for number in range(start, inside)):
        return None
    try:
        found = parse_piece([*lines[start:inside], f"{lines[inside][: _indent(lines[inside])]}0"], start)
    except UnparsableError:
        return None
    return (found[0], inside) if isinstance(found[0], Definition) else None


def _fill(definition: Definition, body: list[ast.stmt]) -> Definition:
    """The definition with its body, where anything is left of it."""
    if body:
        definition.body = body
        definition.end_lineno, definition.end_col_offset = body[-1].end_lineno, body[-1].end_col_offset
    return definition


def _take_out(block: list[str], error: UnparsableError, start: int) -> int | None:
    """Blank the line that the parser stumbled over, keeping the block parsable; the line's number in the block."""
    if error.line is None:
        return None
    line = min(max(error.line - 1 - start, 0), len(block) - 1)
    while line > 0 and not block[line].strip():
        line -= 1
    if line > 0 and _HEADER.match(block[line - 1]) and _is_open(block[line - 1]):
        line -= 1
    replacement = _stand_in(block[line], empty=error.lacks_body)
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
