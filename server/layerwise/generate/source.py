"""Python source put in order: imports that are used, sorted as ruff's isort sorts them, laid out as black would."""

import ast
import re
import symtable
import sys
from collections.abc import Iterator
from functools import lru_cache

from layerwise.generate.layout import LINE_LENGTH, lay_out

_FIRST_PARTY = frozenset({"app", "tests"})
_DIGITS = re.compile(r"(\d+)")


def tidy(text: str) -> str:
    """`text` with its import block pruned and sorted, laid out as black would. Raises SyntaxError for no Python."""
    return lay_out(arrange_imports(text)) if text.strip() else ""


def arrange_imports(text: str) -> str:
    """`text` with the imports that open it sorted, merged, and without the names that nothing uses.

    `from x import y as y` states a re-export and is kept.
    """
    tree = ast.parse(text)
    block = _opening_imports(tree)
    if not block:
        return text
    wanted = sort_imports(_collect(block, set(_find_used(symtable.symtable(text, "module", "exec")))))
    lines = text.splitlines(keepends=True)
    first, last = block[0].lineno - 1, block[-1].end_lineno or 0
    return "".join(lines[:first]) + wanted + "".join(lines[last:])


def sort_imports(imports: set[tuple[str, str, str]]) -> str:
    """Statements for (module, name, alias), the name empty for `import module`; one block a section."""
    sections: dict[int, list[str]] = {}
    plain = sorted({(module, alias) for module, name, alias in imports if not name}, key=lambda item: _natural(item[0]))
    for module, alias in plain:
        sections.setdefault(find_section(module), []).append(f"import {module}{f' as {alias}' if alias else ''}\n")
    for module in sorted({module for module, name, _ in imports if name}, key=_natural):
        members = sorted({(name, alias) for home, name, alias in imports if home == module and name}, key=_member)
        alone = [member for member in members if not member[1]]
        parts = [(member, [f"from {module} import {member[0]} as {member[1]}\n"]) for member in members if member[1]]
        parts += [(alone[0], _write_members(module, [name for name, _ in alone]))] if alone else []
        ordered = sorted(parts, key=lambda part: _member(part[0]))
        sections.setdefault(find_section(module), []).extend(line for _, lines in ordered for line in lines)
    return "\n".join("".join(lines) for _, lines in sorted(sections.items()))


def _write_members(module: str, names: list[str]) -> list[str]:
    if not names:
        return []
    line = f"from {module} import {', '.join(names)}\n"
    if len(line) <= LINE_LENGTH + 1:
        return [line]
    return [f"from {module} import (\n", *(f"    {name},\n" for name in names), ")\n"]


@lru_cache(maxsize=512)
def list_names(text: str, *, imported: bool = True) -> frozenset[str]:
    """The names that a module defines at its top level, with those that it imports or without."""
    names: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names if imported}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return frozenset(names)


def _find_used(table: symtable.SymbolTable) -> Iterator[str]:
    """The names that a module may look up in its own scope; a function's own variables are none of them."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or not isinstance(table, symtable.Function)):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _find_used(child)


def _opening_imports(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    block: list[ast.Import | ast.ImportFrom] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            block.append(node)
        elif block or not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
    return block


def _collect(block: list[ast.Import | ast.ImportFrom], used: set[str]) -> set[tuple[str, str, str]]:
    found = set()
    for node in block:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            if bound in used or alias.asname == alias.name:
                module = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
                name = alias.name if isinstance(node, ast.ImportFrom) else ""
                found.add((module, name, alias.asname or ""))
    return found


def find_section(module: str) -> int:
    """The section of an import: 0 for the standard library, 1 for what is installed, 2 for the backend's own."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return 0
    return 2 if root in _FIRST_PARTY else 1


def _natural(name: str) -> tuple[tuple[int, int | str], ...]:
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts if part)


def _member(member: tuple[str, str]) -> tuple[int, tuple[tuple[int, int | str], ...], str]:
    name = member[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, _natural(name), name
