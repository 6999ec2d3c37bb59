"""The quick proof: what is known to hold of a draft before it is shown, from its texts alone."""

import ast
import builtins
import re
import symtable
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from layerwise.generate.backend import Draft
from layerwise.generate.layout import LINE_LENGTH
from layerwise.generate.source import list_names

Review = Callable[[Mapping[str, str]], Sequence[str]]

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__"}


def prove_quick(draft: Draft, review: Review) -> dict[str, Any]:
    """Check the drafted files in memory; what does not hold becomes an issue of the draft.

    The evidence names each check with the number of files it saw and of faults it found.
    """
    written = {path: text for path, text in draft.texts.items() if path.endswith(".py")}
    checks: dict[str, list[str]] = {
        "parse": [],
        "names": [],
        "imports": [],
        "format": [],
        "duplicates": [],
        "review": [],
    }
    trees = {}
    for path, text in written.items():
        try:
            trees[path] = ast.parse(text)
            compile(trees[path], path, "exec")
        except (SyntaxError, ValueError) as error:
            checks["parse"].append(f"{path}: {error}")
    for path in trees:
        checks["names"] += [f"{path}: {name} is not defined" for name in find_undefined(written[path], path)]
        checks["imports"] += [f"{path}: {name} does not exist" for name in _find_unresolved(draft, trees[path])]
        checks["format"] += [f"{path}: {fault}" for fault in _find_misformatted(draft, path, written[path])]
    checks["duplicates"] = list(_find_duplicates(draft))
    if written:
        checks["review"] = _find_new(draft, written, review)
    for check, faults in checks.items():
        draft.issues += [f"Proof by {check} failed: {fault}" for fault in faults]
    results = {check: {"files": len(written), "faults": len(faults)} for check, faults in checks.items()}
    return {"verify": "quick", "checks": results}


def _find_new(draft: Draft, written: Mapping[str, str], review: Review) -> list[str]:
    """What the review finds in the written files, without what it finds in the files as they are."""
    prefix = draft.backend.prefix
    found = list(review({prefix + path: text for path, text in written.items()}))
    there = {prefix + path: text for path in written if (text := draft.backend.read(path)) is not None}
    if not found or not there:
        return found
    old = Counter(_unplace(finding) for finding in review(there))
    new = []
    for finding in found:
        place = _unplace(finding)
        if old[place]:
            old[place] -= 1
        else:
            new.append(finding)
    return new


def _unplace(finding: str) -> str:
    """A finding without its line, which moves when lines come in above."""
    return re.sub(r":\d+ ", " ", finding, count=1)


def find_undefined(text: str, path: str) -> list[str]:
    """The names that the code of a module reads and nothing defines."""
    # Names in annotations count even where those are not evaluated: mappers and schemas read them all the same.
    module = symtable.symtable(text.replace("from __future__ import annotations", "", 1), path, "exec")
    known = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    known |= {child.get_name() for child in module.get_children()} | _BUILTINS
    known |= {
        symbol.get_name()
        for table in _walk(module)
        for symbol in table.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }
    found = {
        symbol.get_name()
        for table in _walk(module)
        for symbol in table.get_symbols()
        if symbol.is_referenced() and symbol.is_global() and symbol.get_name() not in known
    }
    return sorted(found)


def _walk(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _walk(child)


def _find_unresolved(draft: Draft, tree: ast.Module) -> Iterator[str]:
    """The imports from the backend's own packages that lead nowhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("app", "tests"):
            base = (node.module or "").replace(".", "/")
            names = _list_defined(draft, base)
            for alias in node.names:
                modules = (f"{base}/{alias.name}.py", f"{base}/{alias.name}/__init__.py")
                if alias.name not in names and all(draft.read(path) is None for path in modules):
                    yield f"{node.module}.{alias.name}"


def _list_defined(draft: Draft, module: str) -> frozenset[str]:
    """The names that a module offers; none where there is no such module or it cannot be parsed."""
    text = draft.read(f"{module}.py")
    try:
        return list_names(text if text is not None else draft.read(f"{module}/__init__.py") or "")
    except (SyntaxError, ValueError):
        return frozenset()


def _find_misformatted(draft: Draft, path: str, text: str) -> Iterator[str]:
    """Lines of a new file that no formatter can shorten."""
    if draft.backend.read_bytes(path) is not None:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LINE_LENGTH:
            yield f"line {number} has {len(line)} characters, more than {LINE_LENGTH}; choose shorter names"


def _find_duplicates(draft: Draft) -> Iterator[str]:
    """Classes and tables that two models would share, and routes that two endpoints would."""
    seen: dict[str, str] = {}
    for path, text in {**draft.read_folder("app/models"), **draft.read_folder("app/api")}.items():
        for claim in _list_claims(text, path):
            if claim in seen:
                yield f"{claim} stands in {seen[claim]} and again in {path}"
            seen[claim] = path


@lru_cache(maxsize=512)
def _list_claims(text: str, path: str) -> tuple[str, ...]:
    """What a module claims for itself alone; nothing where it cannot be parsed, which is said elsewhere."""
    try:
        return tuple(_claims(ast.parse(text), path))
    except (SyntaxError, ValueError):
        return ()


def _claims(tree: ast.Module, path: str) -> Iterator[str]:
    prefix = ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and path.startswith("app/models/"):
            yield f"class {node.name}"
            for statement in node.body:
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__tablename__":
                    yield f"table {ast.unparse(statement.value)}"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and "endpoints" in path:
            prefix = next((ast.unparse(word.value) for word in node.value.keywords if word.arg == "prefix"), "")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).startswith("router."):
                    method = ast.unparse(decorator.func).removeprefix("router.")
                    yield f"route {method} {prefix}{ast.unparse(decorator.args[0]) if decorator.args else ''}"
                    yield f"operation {node.name}"
