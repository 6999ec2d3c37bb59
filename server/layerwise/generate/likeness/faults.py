"""Faults: what would keep the new files from working, found from their texts and the tree around them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.generate.prove import find_undefined
from layerwise.project.index import Project, lay_over
from layerwise.project.module import JOINT

_SAID = {
    "parse": "{path} would not be Python: {name}.",
    "names": "{path} would read {name}, which nothing defines.",
    "imports": "{path} would import {name}, which does not exist.",
    "losses": "{path} would call {name}, which only the exemplar can have: it is about its fields.",
    "routes": "{path} would serve {name} a second time.",
    "lacks": "{path} shows no way to {name} that could be followed: it is about the exemplar's own fields.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that would not work: the check that found it, the file, and what is missing or wrong there."""

    check: str
    path: str
    name: str

    def __str__(self) -> str:
        return _SAID[self.check].format(path=self.path, name=self.name)


def find_faults(project: Project, files: Mapping[str, str]) -> list[Fault]:
    """Why the files would not work: syntax, names, imports of the project's own that lead nowhere.

    Only the files themselves are read anew; all else is known from the project already.
    """
    faults = []
    parsed = {}
    for path, text in files.items():
        try:
            compile(text, path, "exec", ast.PyCF_ONLY_AST)
            undefined = find_undefined(text, path)
        except (SyntaxError, ValueError) as error:
            faults.append(Fault("parse", path, f"{error}"))
            continue
        parsed[path] = text
        known = set(find_known(project, path))
        faults += [Fault("names", path, name) for name in undefined if name not in known]
    after = lay_over(project, files)
    for path in sorted(parsed):
        faults += [Fault("imports", path, name) for name in _unresolved(after, path, project)]
    return faults


def find_known(project: Project, path: str) -> list[str]:
    """The names that a file of the project reads already and nothing defines; none for one that is new or broken."""
    module = project.modules.get(path)
    try:
        return find_undefined((module.text or "") if module else "", path)
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
