"""Newer syntax: texts that a later Python understands, rewritten in place so that the running one can parse them.

Every rewriting keeps the length of each line, so that the positions in the tree are those of the text.
"""

from collections.abc import Iterator

import libcst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider


def lower(text: str) -> Iterator[str]:
    """Texts of the same shape in older syntax, each with more taken away; none when the text is no Python at all."""
    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
    except (libcst.ParserSyntaxError, RecursionError):
        return
    finder = _Finder()
    wrapper.visit(finder)
    lines = text.split("\n")
    for place in finder.aliases:
        _move_alias(lines, place)
    for place in finder.parameters:
        _blank(lines, place)
    for place in finder.exceptions:
        _parenthesise(lines, place)
    yield "\n".join(lines)
    for place in finder.strings:
        _plain_string(lines, place)
    yield "\n".join(lines)


class _Finder(libcst.CSTVisitor):
    """Collects where newer syntax stands."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.parameters: list[CodeRange] = []
        self.aliases: list[CodeRange] = []
        self.exceptions: list[CodeRange] = []
        self.strings: list[CodeRange] = []

    def _place(self, node: libcst.CSTNode) -> CodeRange:
        place = self.get_metadata(PositionProvider, node)
        assert isinstance(place, CodeRange)
        return place

    def visit_TypeParameters(self, node: libcst.TypeParameters) -> None:  # noqa: N802 - the name is LibCST's
        self.parameters.append(self._place(node))

    def visit_TypeAlias(self, node: libcst.TypeAlias) -> None:  # noqa: N802
        start, end = self._place(node).start, self._place(node.name).end
        self.aliases.append(CodeRange(start, end))

    def visit_ExceptHandler(self, node: libcst.ExceptHandler) -> None:  # noqa: N802
        if isinstance(node.type, libcst.Tuple) and not node.type.lpar:
            self.exceptions.append(self._place(node.type))

    def visit_FormattedString(self, node: libcst.FormattedString) -> bool:  # noqa: N802
        self.strings.append(self._place(node))
        return False

    def visit_TemplatedString(self, node: libcst.TemplatedString) -> bool:  # noqa: N802
        self.strings.append(self._place(node))
        return False


def _blank(lines: list[str], place: CodeRange) -> None:
    """Spaces in place of type parameters; over several lines a backslash would be needed, so only whole ones go."""
    for number in range(place.start.line, place.end.line + 1):
        line = lines[number - 1]
        first = place.start.column if number == place.start.line else 0
        last = place.end.column if number == place.end.line else len(line)
        lines[number - 1] = line[:first] + " " * (last - first) + line[last:]


def _move_alias(lines: list[str], place: CodeRange) -> None:
    """`type X = int` becomes `X      = int`."""
    line = lines[place.start.line - 1]
    name = line[place.start.column : place.end.column].split()[-1]
    width = place.end.column - place.start.column
    lines[place.start.line - 1] = line[: place.start.column] + name.ljust(width) + line[place.end.column :]


def _parenthesise(lines: list[str], place: CodeRange) -> None:
    """`except A, B:` becomes `except(A,B):`, as long as before."""
    line = lines[place.start.line - 1]
    inner = line[place.start.column : place.end.column]
    if place.start.line == place.end.line and ", " in inner and line[place.start.column - 1] == " ":
        text = f"({inner.replace(', ', ',', 1)})"
        lines[place.start.line - 1] = line[: place.start.column - 1] + text + line[place.end.column :]


def _plain_string(lines: list[str], place: CodeRange) -> None:
    """A plain string of the same length in place of another; of several lines the text is taken away."""
    first = lines[place.start.line - 1]
    if place.start.line == place.end.line:
        filler = "'" + "x" * (place.end.column - place.start.column - 2) + "'"
        lines[place.start.line - 1] = first[: place.start.column] + filler + first[place.end.column :]
        return
    lines[place.start.line - 1] = first[: place.start.column] + "'''"
    for number in range(place.start.line + 1, place.end.line):
        lines[number - 1] = ""
    last = lines[place.end.line - 1]
    lines[place.end.line - 1] = "'''".rjust(place.end.column) + last[place.end.column :]
