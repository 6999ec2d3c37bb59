"""Faults: what would keep the new files from working, found from their texts and the tree around them."""

import ast
from collections.abc import Iterator, Mapping

from layerwise.generate.prove import find_undefined
from layerwise.project.index import Project, lay_over
from layerwise.project.module import JOINT


def find_faults(project: Project, files: Mapping[str, str]) -> list[str]:
    """Why the files would not work, a sentence each: syntax, names, imports of the project's own that lead nowhere.

    Only the files themselves are read anew; all else is known from the project already.
    """
    faults = []
    parsed = {}
    for path, text in files.items():
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as error:
            faults.append(f"Proof by parse failed: {path}: {error}")
        else:
            parsed[path] = text
    for path, text in parsed.items():
        known = set(_undefined(texts_before(project, path), path))
        faults += [
            f"Proof by names failed: {path}: {name} is not defined"
            for name in find_undefined(text, path)
            if name not in known
        ]
    after = lay_over(project, files)
    for path in sorted(parsed):
        faults += [
            f"Proof by imports failed: {path}: {name} does not exist" for name in _unresolved(after, path, project)
        ]
    return faults


def texts_before(project: Project, path: str) -> str:
    module = project.modules.get(path)
    return (module.text or "") if module else ""


def _undefined(text: str, path: str) -> list[str]:
    try:
        return find_undefined(text, path)
    except (SyntaxError, ValueError):
        return []


def _unresolved(after: Project, path: str, before: Project) -> Iterator[str]:
    module = after.modules.get(path)
    if module is None:
        return
    known = {item.target for each in before.modules.values() for item in each.outline.imports}
    heads = {each.name.partition(".")[0] for each in before.modules.values()}
    old = {item.target for item in before.modules[path].outline.imports} if path in before.modules else set()
    for item in module.outline.imports:
        local = item.target.startswith(".") or item.target.partition(".")[0] in heads
        if not local or item.target in old or (item.target in known and not item.target.startswith(".")):
            continue
        symbol = after.resolve(path, item.name)
        home, joint, name = symbol.partition(JOINT)
        # What the project passes on from a library resolves to the library's own name.
        leads_nowhere = (
            symbol == item.target if not joint else name and not _defines(after, home, name.partition(".")[0])
        )
        if leads_nowhere:
            yield item.target


def _defines(project: Project, path: str, name: str) -> bool:
    module = project.modules.get(path)
    if module is None:
        return False
    return name in module.classes or name in module.functions or name in module.variables or name in module.imports
