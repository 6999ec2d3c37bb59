"""Layout: text that a template wrote in black's style, made to keep it where names turned out long or parts empty.

Black takes a millisecond a line, which is most of the time of a plan. So only the statements that outgrow a line go
through it; blank lines and imports are set here.
"""

import ast
import itertools
import re
import textwrap
from collections.abc import Iterable
from functools import lru_cache

LINE_LENGTH = 120

# Where an expression that a template filled in touches a bracket with a space that black would take out.
_LOOSE = re.compile(r"[\[({] +\S|[^\s,] +[\])}]")
_HEADER = re.compile(r" *(?:async )?def \w+\([^\"']*:$")
_ELEMENT = re.compile(r" +[\w.]+\(.*\),$")
_DEFINITION = ("def ", "async def ", "class ", "@")
_CLOSING = (")", "]", "}")
_INDENT = "    "


def lay_out(text: str) -> str:
    """`text` as black would leave it. Raises SyntaxError for text that is not Python."""
    text = set_blank_lines(text)
    lines = text.splitlines()
    suspects = [number for number, line in enumerate(lines, start=1) if len(line) > LINE_LENGTH or _LOOSE.search(line)]
    if not suspects:
        return text
    spans = _find_spans(ast.parse(text), lines)
    edits: dict[tuple[int, int], list[str]] = {}
    for number in suspects:
        line = lines[number - 1]
        span = _enclose(spans, number)
        if span and (broken := _break_line(line, whole=span == (number, number))):
            edits[number, number] = broken
        elif span:
            edits[span] = []
    for first, last in sorted(_drop_inner(edits), reverse=True):
        lines[first - 1 : last] = edits[first, last] or _format_lines(tuple(lines[first - 1 : last]))
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=2048)
def format_source(text: str, line_length: int = LINE_LENGTH) -> str:
    """`text` as black writes it. Raises black's InvalidInput for text that is not Python."""
    import black
    from black.mode import TargetVersion

    if not text.strip():
        return ""
    return black.format_str(text, mode=black.Mode(target_versions={TargetVersion.PY311}, line_length=line_length))


def set_blank_lines(text: str) -> str:
    """`text` with two blank lines around definitions, one around methods, and none where a part came out empty."""
    written: list[str] = []
    blank = 0
    opened = ""
    for line in text.splitlines():
        if not line.strip():
            blank += 1
            continue
        if written:
            written += [""] * _count_blanks(written[-1], line, blank, opened)
        blank = 0
        if not line.startswith((" ", *_CLOSING, "#")):
            opened = line
        written.append(line.rstrip())
    return "\n".join(written) + "\n" if written else ""


def _count_blanks(before: str, line: str, blank: int, opened: str) -> int:
    """The blank lines between two lines; `opened` is the latest line that begins a top-level statement."""
    stripped = line.lstrip()
    if not line.startswith(" "):
        if line.startswith(_CLOSING) or opened.startswith("@"):
            return 0
        return 2 if opened.startswith(_DEFINITION) or line.startswith(_DEFINITION) else min(blank, 1)
    if before.endswith((":", "(", "[", "{")) or before.lstrip().startswith("@"):
        return 0
    if stripped.startswith(("def ", "async def ", "@")):
        return 1
    return min(blank, 1)


def _find_spans(tree: ast.Module, lines: list[str]) -> list[tuple[int, int]]:
    """The first and the last line of whatever is formatted by itself: simple statements, decorators and headers."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        found += [(decorator.lineno, decorator.end_lineno or 0) for decorator in getattr(node, "decorator_list", ())]
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 - _count_decorators(body[0]) if body else node.end_lineno or 0
        while last > node.lineno and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
            last -= 1
        found.append((node.lineno, last))
    return found


def _enclose(spans: list[tuple[int, int]], number: int) -> tuple[int, int] | None:
    """The shortest span that holds the line."""
    around = [span for span in spans if span[0] <= number <= span[1]]
    return min(around, key=lambda span: span[1] - span[0], default=None)


def _count_decorators(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", ())
    return node.lineno - decorators[0].lineno if decorators else 0


def _drop_inner(edits: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that lie in no other."""
    spans = set(edits)
    return [
        (first, last)
        for first, last in spans
        if not any((low, high) != (first, last) and low <= first and last <= high for low, high in spans)
    ]


@lru_cache(maxsize=1024)
def _format_lines(lines: tuple[str, ...]) -> list[str]:
    """A simple statement, a decorator or a header through black, at its indent."""
    text = textwrap.dedent("\n".join(lines))
    indent = len(lines[0]) - len(lines[0].lstrip())
    tail = ""
    if text.startswith("@"):
        tail = "def decorated(): ...\n"
    elif text.rstrip().endswith(":"):
        tail = f"{_INDENT}pass\n"
    formatted = format_source(f"{text}\n{tail}", LINE_LENGTH - indent).splitlines()
    kept = formatted[: -len(tail.splitlines())] if tail else formatted
    return [f"{' ' * indent}{line}" if line else line for line in kept]


def _break_line(line: str, *, whole: bool) -> list[str] | None:
    """A function's header, or a call that stands alone in a list, as black breaks it; None where black must decide.

    What stands in the first brackets goes on a line of its own, or where that is too long each part does.
    """
    indent = line[: len(line) - len(line.lstrip())]
    if _LOOSE.search(line) or not (_HEADER.match(line) if whole else _ELEMENT.match(line)):
        return None
    start, depth = line.index("(") + 1, 1
    commas = []
    for end in range(start, len(line)):
        depth += (line[end] in "([{") - (line[end] in ")]}")
        if depth == 0:
            break
        if depth == 1 and line[end] == ",":
            commas.append(end)
    inner = line[start:end]
    if not inner or inner.endswith(",") or len(indent + line[end:]) > LINE_LENGTH or (not whole and line[end:] != "),"):
        return None
    if len(indent + _INDENT + inner) <= LINE_LENGTH:
        return [line[:start], indent + _INDENT + inner, indent + line[end:]]
    parts = [line[first + 1 : last].strip() for first, last in itertools.pairwise([start - 1, *commas, end])]
    if '"' in inner or any(len(indent + _INDENT + part) >= LINE_LENGTH for part in parts):
        return None
    return [line[:start], *(f"{indent}{_INDENT}{part}," for part in parts), indent + line[end:]]
