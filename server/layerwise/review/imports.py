"""Imports: adding and removing one import as text edits, without touching what else stands in the file."""

import ast
import sys

from layerwise.review.finding import Edit
from layerwise.review.names import Names
from layerwise.review.source import Source
from layerwise.review.tree import Tree


class Imports:
    """The import statements of one file, ready to be edited."""

    def __init__(self, source: Source, tree: Tree, names: Names) -> None:
        self._source = source
        self._tree = tree
        self._names = names

    def add(self, full_name: str) -> tuple[str, tuple[Edit, ...]]:
        """What to write for `full_name` (`asyncio`, `sqlalchemy.select`), and the edits that make it available.

        No edit is needed when the file imports it already, under whatever name.
        """
        for local, target in self._names.imports.items():
            if target == full_name and self._at_top(local):
                return local, ()
        module, _, name = full_name.rpartition(".")
        if not module:
            return full_name, (self._insert(f"import {full_name}", full_name, plain=True),)
        for local, target in self._names.imports.items():
            if target == module and self._at_top(local):
                return f"{local}.{name}", ()
        statement = self._from_statement(module)
        if statement is not None:
            return name, (self._extend(statement, name),)
        return name, (self._insert(f"from {module} import {name}", module, plain=False),)

    def swap(self, local: str, full_name: str, *, uses: int) -> tuple[str, tuple[Edit, ...]]:
        """Like `add`, and like `remove` for `local`: what to write, and edits that do not get in each other's way."""
        name, added = self.add(full_name)
        removed = self.remove(local, uses=uses)
        if not added or not removed:
            return name, (*added, *removed)
        statement, alias = self._find(local)
        if isinstance(statement, ast.ImportFrom) and statement.module == full_name.rpartition(".")[0]:
            return name, (Edit(self._source.path, self._source.start(alias), self._source.end(alias), name),)
        if removed[0].start <= added[0].start < removed[0].end:
            return name, (Edit(self._source.path, removed[0].start, removed[0].end, added[0].text),)
        return name, (*added, *removed)

    def remove(self, local: str, *, uses: int) -> tuple[Edit, ...]:
        """The edits that remove the import of `local`, unless it is used more than the `uses` that go."""
        used = sum(1 for node in self._tree.of(ast.Name) if node.id == local)
        if used > uses:
            return ()
        if local not in self._names.imports:
            return ()
        return (self._drop(*self._find(local)),)

    def _find(self, local: str) -> tuple[ast.Import | ast.ImportFrom, ast.alias]:
        """The import of `local`, which must be imported."""
        statements: list[ast.Import | ast.ImportFrom] = [*self._tree.of(ast.Import), *self._tree.of(ast.ImportFrom)]
        return next(
            (statement, alias)
            for statement in statements
            for alias in statement.names
            if (alias.asname or alias.name.split(".")[0]) == local
        )

    def _at_top(self, local: str) -> bool:
        return any(
            (alias.asname or alias.name.split(".")[0]) == local
            for statement in self._top_statements()
            for alias in statement.names
        )

    def _top_statements(self) -> list[ast.Import | ast.ImportFrom]:
        return [node for node in self._tree.root.body if isinstance(node, ast.Import | ast.ImportFrom)]

    def _from_statement(self, module: str) -> ast.ImportFrom | None:
        for node in self._top_statements():
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == module
                and not node.level
                and node.names[0].name != "*"
            ):
                return node
        return None

    def _extend(self, statement: ast.ImportFrom, name: str) -> Edit:
        """Put `name` among the imported names, in order where they are in order."""
        names = [alias.name for alias in statement.names]
        for alias in statement.names:
            if _sort_key(alias.name) > _sort_key(name) and names == sorted(names, key=_sort_key):
                return self._source.insert(self._source.start(alias), f"{name}, ")
        return self._source.insert(self._source.end(statement.names[-1]), f", {name}")

    def _insert(self, line: str, module: str, *, plain: bool) -> Edit:
        """A new import line: in order within the block where its like stand, in a block of its own otherwise."""
        source = self._source
        statements = [node for node in self._top_statements() if getattr(node, "module", "") != "__future__"]
        if not statements:
            first = self._first_free_line()
            gap = source.newline * (2 if first <= len(source.lines) and source.lines[first - 1].strip() else 1)
            return source.insert(source.line_start(first), line + gap)
        block = _find_block(_split_blocks(statements), module)
        if block is None and _is_standard(module):
            return source.insert(source.line_start(statements[0].lineno), line + source.newline * 2)
        if block is None:
            last = statements[-1].end_lineno or 0
            return source.insert(
                source.line_start(last + 1), self._ended(last) + source.newline + line + source.newline
            )
        follower = next((node for node in block if _order(node) > (not plain, module)), None)
        if follower is not None:
            return source.insert(source.line_start(follower.lineno), line + source.newline)
        last = block[-1].end_lineno or 0
        return source.insert(source.line_start(last + 1), self._ended(last) + line + source.newline)

    def _ended(self, line: int) -> str:
        """A line end when the text stops right after `line`."""
        return self._source.newline if line >= len(self._source.lines) else ""

    def _first_free_line(self) -> int:
        """The line after shebang, comments, module docstring and `__future__` imports."""
        line = 1
        for node in self._tree.root.body:
            docstring = (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            )
            if not docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                break
            line = (node.end_lineno or 0) + 1
        while line <= len(self._source.lines) and self._source.lines[line - 1].startswith("#") and line < 4:
            line += 1
        return line

    def _drop(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Edit:
        source = self._source
        if len(statement.names) == 1:
            return source.delete_lines(statement.lineno, statement.end_lineno or statement.lineno)
        here = statement.names.index(alias)
        if here + 1 < len(statement.names):
            return Edit(source.path, source.start(alias), source.start(statement.names[here + 1]), "")
        return Edit(source.path, source.end(statement.names[here - 1]), source.end(alias), "")


def _split_blocks(statements: list[ast.Import | ast.ImportFrom]) -> list[list[ast.Import | ast.ImportFrom]]:
    """The statements by the blank lines, or other code, between them."""
    blocks: list[list[ast.Import | ast.ImportFrom]] = []
    for node in statements:
        if blocks and node.lineno == (blocks[-1][-1].end_lineno or 0) + 1:
            blocks[-1].append(node)
        else:
            blocks.append([node])
    return blocks


def _find_block(
    blocks: list[list[ast.Import | ast.ImportFrom]], module: str
) -> list[ast.Import | ast.ImportFrom] | None:
    """The block that imports from the same package, else the first of the same kind: standard library or not."""
    package = module.partition(".")[0]
    for block in blocks:
        if any(_module(node).partition(".")[0] == package for node in block):
            return block
    return next((block for block in blocks if _is_standard(_module(block[0])) == _is_standard(module)), None)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _order(node: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
    """Plain imports first, then by module: the order that isort and ruff keep."""
    return isinstance(node, ast.ImportFrom), _module(node)


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name


def _sort_key(name: str) -> tuple[int, str]:
    """Constants, classes, then the rest: the order that isort and ruff keep."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name
