"""Source: the text of one file, and where its nodes stand in it."""

import ast
import re
from functools import cached_property
from itertools import accumulate

from layerwise.review.finding import Edit, Span

_LINE_END = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"


class Source:
    """The text of `path` as it stands in the file: newlines kept, a byte order mark kept as the first character."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def code(self) -> str:
        """The text without the byte order mark, which the parser refuses."""
        return self.text.removeprefix(_BOM)

    @cached_property
    def _shift(self) -> int:
        return len(self.text) - len(self.code)

    @cached_property
    def _starts(self) -> list[int]:
        if "\r" in self.code:
            return [0, *(match.end() for match in _LINE_END.finditer(self.code))]
        return [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends, as the parser counts them."""
        return _LINE_END.split(self.code) if "\r" in self.code else self.code.split("\n")

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses."""
        match = _LINE_END.search(self.code)
        return match.group() if match else "\n"

    def column(self, line: int, byte_column: int) -> int:
        """The character column, from 0, of a byte column that the parser gave."""
        text = self.lines[line - 1]
        return byte_column if text.isascii() else len(text.encode()[:byte_column].decode(errors="ignore"))

    def offset(self, line: int, column: int) -> int:
        """The offset in the text of `line` (from 1) and character `column` (from 0)."""
        return self._shift + self._starts[line - 1] + column

    def line_start(self, line: int) -> int:
        """The offset at which `line` starts; one past the last line gives the end of the text."""
        return self.offset(line, 0) if line <= len(self._starts) else len(self.text)

    def start(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler | ast.alias) -> int:
        """The offset of the first character of `node`."""
        return self.offset(node.lineno, self.column(node.lineno, node.col_offset))

    def end(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler | ast.alias) -> int:
        """The offset after the last character of `node`."""
        line, column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(line, self.column(line, column))

    def segment(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler) -> str:
        """The text of `node`, as written."""
        return self.text[self.start(node) : self.end(node)]

    def indent(self, node: ast.stmt) -> str:
        """The white space before `node` on its line."""
        line = self.lines[node.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    def span(self, node: ast.AST) -> Span:
        """Where `node` stands; for a function or class its header up to the name, for a module its first line."""
        line = getattr(node, "lineno", 1)
        column = self.column(line, getattr(node, "col_offset", 0))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found = re.compile(rf"\b{re.escape(node.name)}\b").search(self.lines[line - 1], column)
            return Span(line, column + 1, line, (found.end() if found else column + 1) + 1)
        if isinstance(
            node, ast.ExceptHandler | ast.For | ast.AsyncFor | ast.With | ast.AsyncWith | ast.If | ast.While | ast.Try
        ):
            return Span(line, column + 1, line, len(self.lines[line - 1].rstrip()) + 1)
        end_line = getattr(node, "end_lineno", None) or line
        return Span(line, column + 1, end_line, self.column(end_line, getattr(node, "end_col_offset", 0) or 0) + 1)

    def replace(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword, text: str) -> Edit:
        """Put `text` in the place of `node`."""
        return Edit(self.path, self.start(node), self.end(node), text)

    def insert(self, offset: int, text: str) -> Edit:
        """Put `text` at `offset`."""
        return Edit(self.path, offset, offset, text)

    def delete_lines(self, first: int, last: int) -> Edit:
        """Remove the lines `first` to `last` (from 1, inclusive) with their ends."""
        return Edit(self.path, self.line_start(first), self.line_start(last + 1), "")

    def add_argument(self, call: ast.Call, text: str) -> Edit:
        """Put `text` behind the last argument of `call`."""
        arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        if arguments:
            return self.insert(max(self.end(argument) for argument in arguments), f", {text}")
        return self.insert(self.end(call) - 1, text)

    def drop_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> Edit:
        """Remove an argument of `call` with the comma that belongs to it."""
        arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        arguments.sort(key=self.start)
        here = arguments.index(argument)
        if here + 1 < len(arguments):
            return Edit(self.path, self.start(argument), self.start(arguments[here + 1]), "")
        start = self.end(arguments[here - 1]) if here else self.start(argument)
        return Edit(self.path, start, self.end(argument), "")
