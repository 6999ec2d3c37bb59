"""Source text addressed by the positions that `ast` gives."""

import ast
import io

LONGEST_VALUE = 2_000


def split_lines(text: str) -> list[str]:
    """The lines with their ends, as Python counts them: only newlines end one, not U+2028 or a form feed."""
    return list(io.StringIO(text, newline=""))


class SourceText:
    """Slices of the source by the positions that `ast` gives, which count UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.ascii = text.isascii()
        self.lines = split_lines(text)

    def column(self, line: int, offset: int) -> int:
        """The column in characters of a byte offset."""
        if self.ascii:
            return offset
        return len(self.lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace"))

    def slice(self, node: ast.expr) -> str:
        """The source of an expression, empty when it is longer than facts keep."""
        first, last = node.lineno, node.end_lineno or node.lineno
        start = self.column(first, node.col_offset)
        end = self.column(last, node.end_col_offset or node.col_offset)
        if first == last:
            text = self.lines[first - 1][start:end]
        elif last - first > 60:
            return ""
        else:
            middle = self.lines[first : last - 1]
            text = "".join([self.lines[first - 1][start:], *middle, self.lines[last - 1][:end]])
        return text if len(text) <= LONGEST_VALUE else ""
