"""Leaving out: what of the new code leans on what only the exemplar has, until the rest holds by itself."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from layerwise.generate.likeness.faults import Fault, find_faults
from layerwise.generate.likeness.likeness import Likeness
from layerwise.generate.likeness.losses import find_lost
from layerwise.generate.likeness.pruning import prune
from layerwise.generate.source import list_names
from layerwise.project.extract import FunctionNode

# Each round follows what leans on the last one's losses a step further out: repository, service, dependency, route.
_ROUNDS = 8
_VERBS = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts by path as they will be, the paths that are new, and those that were there as they were."""

    files: dict[str, str]
    created: set[str]
    before: Mapping[str, str]

    def kept(self, path: str) -> Set[str]:
        """The names that a file defined before."""
        return list_names(self.before[path], imported=False) if path in self.before else set()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is wrong even so, and what has to be said of what was left out."""

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]


def leave_out(likeness: Likeness, draft: Draft, lost: Set[str], members: Set[tuple[str, str]]) -> LeftOut:
    """Take out of the draft what would not work: `lost` functions and `members` by class are not there to be called."""
    gone: dict[str, set[str]] = defaultdict(set)
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        faults = [
            *find_faults(likeness.project, draft.files),
            *find_lost(draft.files, draft.created, lost, members),
        ]
        if not faults or not _prune(draft, faults, gone):
            break
    faults += _find_twins(draft)
    if not faults and (lost or gone) and not likeness.is_there:
        faults += _find_lacks(likeness, draft)
    return LeftOut(tuple(dict.fromkeys(faults)), tuple(_say_gone(likeness, draft, gone)))


def _prune(draft: Draft, faults: Iterable[Fault], gone: dict[str, set[str]]) -> bool:
    """Whether anything could be taken out for these faults."""
    by_path: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.check != "parse" and (fault.path in draft.created or fault.path in draft.before):
            by_path[fault.path].append(fault)
    changed = False
    for path, found in by_path.items():
        text = draft.files[path]
        missing = {name for fault in found for name in _missing(text, fault)}
        members = {fault.name for fault in found if fault.check == "losses"}
        pruned = prune(text, missing, members, draft.kept(path))
        if pruned.text == text:
            continue
        changed = True
        gone[path] |= pruned.gone
        draft.files[path] = pruned.text
        if path in draft.created and pruned.gone and not list_names(pruned.text, imported=False):
            del draft.files[path]
            draft.created.discard(path)
        elif pruned.text == draft.before.get(path):
            del draft.files[path]
    return changed


def _missing(text: str, fault: Fault) -> Iterator[str]:
    """The names that a file has for what is missing."""
    if fault.check == "names":
        yield fault.name
    elif fault.check == "imports":
        last = fault.name.rpartition(".")[2]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from (each.asname or each.name for each in node.names if each.name in (last, fault.name))


def _find_twins(draft: Draft) -> Iterator[Fault]:
    """New routes that a file serves already, for its exemplar."""
    for path, before in draft.before.items():
        if path in draft.files:
            there = {claim for _, claim in _list_claims(before)}
            kept = draft.kept(path)
            new = (claim for name, claim in _list_claims(draft.files[path]) if name not in kept)
            yield from (Fault("routes", path, claim) for claim in new if claim in there)


def _find_lacks(likeness: Likeness, draft: Draft) -> Iterator[Fault]:
    """What a resource cannot do without and was left out: its model, the routes that make a row and that read one."""
    names: set[str] = set()
    verbs: set[str] = set()
    for path, text in draft.files.items():
        kept = draft.kept(path)
        names |= list_names(text, imported=False)
        verbs |= {claim.split()[1].partition("(")[0] for name, claim in _list_claims(text) if name not in kept}
    place = likeness.exemplar.routes[0].place.path
    served = {claim.split()[1] for path in _routed(likeness) for _, claim in _list_claims(likeness.read(path))}
    if likeness.model_name not in names:
        yield Fault("lacks", likeness.exemplar.model.place.path, f"declare {likeness.model_name}")
    making = "post" if "post" in served else "put"
    if making in served and making not in verbs:
        yield Fault("lacks", place, "make a row by HTTP")
    if "get" in served and "get" not in verbs:
        yield Fault("lacks", place, "read a row by HTTP")


def _routed(likeness: Likeness) -> set[str]:
    return {route.place.path for route in likeness.exemplar.routes}


def _list_claims(text: str) -> Iterator[tuple[str, str]]:
    """Functions that are routes by decorator, each with what it claims: `router get "/me"`."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, FunctionNode))
    for node in functions:
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _VERBS:
                where = call.args[0] if call.args else None
                path = where.value if isinstance(where, ast.Constant) else ""
                yield node.name, f"{ast.unparse(call.func.value)} {call.func.attr} {path!r}"


def _say_gone(likeness: Likeness, draft: Draft, gone: Mapping[str, set[str]]) -> Iterator[str]:
    tests = [path for path in gone if likeness.is_test(path)]
    names = sorted({name for path in gone if path not in tests for name in gone[path]})
    exemplar = likeness.exemplar.name
    if names:
        yield f"Left out, for they lean on what only {exemplar} has: {', '.join(names)}."
    for path in sorted(tests):
        count = sum(name.startswith("test") for name in gone[path])
        if path not in draft.files:
            yield f"{path} was left out: its sibling's tests lean on what only the exemplar has. Write it by hand."
        elif count:
            yield f"Left out of {path}: {count} tests that lean on what only {exemplar} has."
