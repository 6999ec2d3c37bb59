"""Import statements of a module that somebody may have edited: names added and taken out, all else left as it is."""

import ast
import re

from layerwise.generate.source import find_section, sort_imports

Names = set[tuple[str, str, str]]


def add_imports(text: str, imports: Names) -> str:
    """`text` with what it does not import yet, each at its sorted place in the block of its section."""
    for module, name, alias in sorted(imports):
        if not _is_imported(text, module, name, alias):
            text = _add_import(text, module, name, alias)
    return text


def remove_imports(text: str, imports: Names) -> str:
    """`text` without those of `imports` that it has and nothing in it uses; re-exports go in any case."""
    for module, name, alias in sorted(imports):
        if alias == name or not _is_used(text, alias or name or module.partition(".")[0]):
            text = _remove_import(text, module, name, alias)
    return text


def collect_imports(text: str) -> Names:
    """What the top level of a module imports, as (module, name, alias); the name is empty for `import module`."""
    found: Names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {(node.module or "", part.name, part.asname or "") for part in node.names}
        elif isinstance(node, ast.Import):
            found |= {(part.name, "", part.asname or "") for part in node.names}
    return found


def insert_after(text: str, line: int, addition: str) -> str:
    """`text` with `addition` behind its line `line`, counted from 1, in the file's own newlines."""
    lines = end_line(text).splitlines(keepends=True)
    return "".join([*lines[:line], as_written(text, addition), *lines[line:]])


def _add_import(text: str, module: str, name: str, alias: str) -> str:
    tree = ast.parse(text)
    nodes = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and _root_of(node)]
    for node in nodes:
        if name and not alias and isinstance(node, ast.ImportFrom) and _can_join(text, node, module):
            members = {(module, part.name, "") for part in node.names}
            if _source_of(text, node) == sort_imports(members).strip():
                return _replace(text, node, sort_imports({*members, (module, name, "")}))
            return _join(text, node, name)
    addition = sort_imports({(module, name, alias)})
    place = (find_section(module), bool(name), module.casefold(), name)
    peers = [node for node in nodes if find_section(_root_of(node)) == place[0]]
    if before := [node for node in peers if _place_of(node) < place]:
        return insert_after(text, before[-1].end_lineno or 0, addition)
    if peers:
        return insert_after(text, peers[0].lineno - 1, addition)
    if earlier := [node for node in nodes if find_section(_root_of(node)) < place[0]]:
        return insert_after(text, earlier[-1].end_lineno or 0, f"\n{addition}")
    if nodes:
        return insert_after(text, nodes[0].lineno - 1, f"{addition}\n")
    start = tree.body[0].end_lineno or 0 if tree.body and ast.get_docstring(tree) is not None else 0
    return insert_after(text, start, f"\n{addition}" if start else addition)


def _join(text: str, node: ast.ImportFrom, name: str) -> str:
    """`text` with one more name in a statement that is laid out in a way of its own: in order where that is sorted."""
    listed = [part.name for part in node.names]
    in_order = listed == sorted(listed, key=str.casefold) and len(listed) > 1
    behind = [part for part in node.names if not in_order or part.name.casefold() < name.casefold()]
    place = behind[-1] if behind else node.names[0]
    lines = text.splitlines(keepends=True)
    line = lines[place.lineno - 1]
    alone = line[: place.col_offset].isspace()
    between = f"\n{line[: place.col_offset]}" if alone else " "
    at = (place.end_col_offset or 0) if behind else place.col_offset
    added = f",{between}{name}" if behind else f"{name},{between}"
    lines[place.lineno - 1] = line[:at] + as_written(text, added) + line[at:]
    return "".join(lines)


def _source_of(text: str, node: ast.stmt) -> str:
    return "".join(text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]).replace("\r\n", "\n").strip()


def _remove_import(text: str, module: str, name: str, alias: str) -> str:
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or isinstance(node, ast.ImportFrom) != bool(name):
            continue
        if name and _root_of(node) != module:
            continue
        wanted = (name or module, alias)
        kept = {(module, part.name, "") for part in node.names if (part.name, part.asname or "") != wanted}
        if len(kept) == len(node.names):
            continue
        if kept and not (name and _can_join(text, node, module)):
            return text
        return _replace(text, node, sort_imports(kept)) if kept else _cut(text, node)
    return text


def _cut(text: str, node: ast.stmt) -> str:
    """`text` without the lines of a statement, and without the blank line that would be one too many."""
    lines = text.splitlines(keepends=True)
    before, after = lines[: node.lineno - 1], lines[node.end_lineno or 0 :]
    if before and not before[-1].strip() and (not after or not after[0].strip()):
        before.pop()
    return "".join([*before, *after])


def _can_join(text: str, node: ast.Import | ast.ImportFrom, module: str) -> bool:
    """Whether the statement is of this module, and may be written anew: it has neither alias nor comment."""
    source = text.splitlines()[node.lineno - 1 : node.end_lineno]
    return _root_of(node) == module and not any(part.asname for part in node.names) and "#" not in "".join(source)


def _root_of(node: ast.Import | ast.ImportFrom) -> str:
    """The module that the statement names; empty for a relative import."""
    if isinstance(node, ast.Import):
        return node.names[0].name
    return node.module or "" if node.level == 0 else ""


def _place_of(node: ast.Import | ast.ImportFrom) -> tuple[int, bool, str, str]:
    is_from = isinstance(node, ast.ImportFrom)
    return find_section(_root_of(node)), is_from, _root_of(node).casefold(), node.names[0].name if is_from else ""


def _is_used(text: str, name: str) -> bool:
    """Whether code reads `name`, or a string holds it as a word, as an annotation in quotes does."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == name:
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(rf"\b{name}\b", node.value):
            return True
    return False


def _is_imported(text: str, module: str, name: str, alias: str) -> bool:
    return (module, name, alias) in collect_imports(text)


def _replace(text: str, node: ast.stmt, addition: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: node.lineno - 1], as_written(text, addition), *lines[node.end_lineno or 0 :]])


def end_line(text: str) -> str:
    """`text` with a newline at its end, of the kind that it has."""
    return text if not text or text.endswith("\n") else text + ("\r\n" if "\r\n" in text else "\n")


def as_written(text: str, addition: str) -> str:
    """`addition` in the newlines of `text`."""
    return addition.replace("\n", "\r\n") if "\r\n" in text else addition
