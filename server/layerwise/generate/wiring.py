"""Wiring: edits that make an existing backend know a new resource, and touch nothing else in the file."""

import ast

from layerwise.generate.source import find_section, sort_imports

Names = set[tuple[str, str, str]]


def wire_model(text: str, name: str, snake: str) -> str:
    """`app/models/__init__.py` with the model imported, so that Alembic sees its table."""
    return add_imports(text, {(f"app.models.{snake}", name, name)})


def wire_router(text: str, snake: str, plural: str) -> str:
    """`app/api/v1/router.py` with the resource's router included, after those that are."""
    alias = f"{plural}_router"
    statement = f"router.include_router({alias})"
    tree = ast.parse(text)
    if any(ast.unparse(node) == statement for node in tree.body):
        return text
    calls = [node for node in tree.body if isinstance(node, ast.Expr) and "include_router(" in ast.unparse(node)]
    anchor = calls[-1] if calls else tree.body[-1]
    text = insert_after(text, anchor.end_lineno or 0, statement + "\n")
    return add_imports(text, {(f"app.api.v1.endpoints.{plural}", "router", alias)})


def wire_factory(text: str, imports: Names, name: str, factory: str) -> str:
    """`app/api/deps.py` with the source `factory` at its end, which defines `name`."""
    if any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in ast.parse(text).body
    ):
        return text
    return add_imports(_end_line(text) + _as_written(text, f"\n\n{factory}"), imports)


def add_imports(text: str, imports: Names) -> str:
    """`text` with what it does not import yet, each at its sorted place in the block of its section."""
    for module, name, alias in sorted(imports):
        if not _is_imported(text, module, name, alias):
            text = _add_import(text, module, name, alias)
    return text


def insert_after(text: str, line: int, addition: str) -> str:
    """`text` with `addition` behind its line `line`, counted from 1, in the file's own newlines."""
    lines = _end_line(text).splitlines(keepends=True)
    return "".join([*lines[:line], _as_written(text, addition), *lines[line:]])


def _add_import(text: str, module: str, name: str, alias: str) -> str:
    tree = ast.parse(text)
    block = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 0]
    for node in block:
        members = [(part.name, part.asname or "") for part in node.names]
        if node.module == module and not alias and not any(asname for _, asname in members):
            merged = sort_imports({(module, member, "") for member in [*dict(members), name]})
            return _replace(text, node, merged)
    addition = sort_imports({(module, name, alias)})
    root = module.partition(".")[0]
    peers = [node for node in block if (node.module or "").partition(".")[0] == root]
    before = [node for node in peers if _key(node) < (module.casefold(), name)]
    if before:
        return insert_after(text, before[-1].end_lineno or 0, addition)
    if peers:
        return insert_after(text, peers[0].lineno - 1, addition)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if imports:
        return _add_to_section(text, imports, module, addition)
    start = tree.body[0].end_lineno or 0 if tree.body and ast.get_docstring(tree) is not None else 0
    return insert_after(text, start, f"\n{addition}" if start else addition)


def _add_to_section(text: str, imports: list[ast.Import | ast.ImportFrom], module: str, addition: str) -> str:
    """The import behind those of its section, or where there is none as a section of its own between the others."""
    own = find_section(module)
    found = [(find_section(_module(node)), node) for node in imports]
    peers = [node for section, node in found if section == own]
    before = [node for node in peers if isinstance(node, ast.Import) or _module(node).casefold() < module.casefold()]
    if peers:
        line = before[-1].end_lineno or 0 if before else peers[0].lineno - 1
        return insert_after(text, line, addition)
    lower = [node for section, node in found if section < own]
    if lower:
        return insert_after(text, lower[-1].end_lineno or 0, f"\n{addition}")
    return insert_after(text, imports[0].lineno - 1, f"{addition}\n")


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name


def _key(node: ast.ImportFrom) -> tuple[str, str]:
    return (node.module or "").casefold(), node.names[0].name


def _is_imported(text: str, module: str, name: str, alias: str) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == module
        and any(part.name == name and (part.asname or "") == alias for part in node.names)
        for node in ast.parse(text).body
    )


def _replace(text: str, node: ast.stmt, addition: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: node.lineno - 1], _as_written(text, addition), *lines[node.end_lineno or 0 :]])


def _end_line(text: str) -> str:
    return text if not text or text.endswith("\n") else text + ("\r\n" if "\r\n" in text else "\n")


def _as_written(text: str, addition: str) -> str:
    return addition.replace("\n", "\r\n") if "\r\n" in text else addition
