"""Wiring: edits that make an existing backend know a new resource, and touch nothing else in the file."""

import ast

from layerwise.generate.imports import Names, add_imports, as_written, end_line, insert_after


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
    anchor = calls[-1] if calls else tree.body[-1] if tree.body else None
    text = insert_after(text, (anchor and anchor.end_lineno) or 0, statement + "\n")
    return add_imports(text, {(f"app.api.v1.endpoints.{plural}", "router", alias)})


def wire_factory(text: str, imports: Names, name: str, factory: str) -> str:
    """`app/api/deps.py` with the source `factory` at its end, which defines `name`."""
    if any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in ast.parse(text).body
    ):
        return text
    return add_imports(end_line(text) + as_written(text, f"\n\n{factory}"), imports)
