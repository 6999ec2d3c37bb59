"""Pruning: new code without the parts that lean on what only the exemplar has."""

import ast
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from layerwise.project.extract import FunctionNode
from layerwise.project.text import split_lines

_Definition = FunctionNode | ast.ClassDef


@dataclass(slots=True)
class Pruned:
    """A text without what leaned on missing names, and the definitions that went with it."""

    text: str
    gone: set[str] = field(default_factory=set)


def prune(text: str, missing: Set[str], members: Set[str], kept: Set[str]) -> Pruned:
    """A module without what reads a name in `missing`, or an attribute in `members`, and without what leans on that.

    Whatever defines a name in `kept` stays but for calls in it that were put beside their likes; a text that is no
    Python stays as it is.
    """
    found = Pruned(text)
    away = set(missing)
    while True:
        try:
            tree = ast.parse(found.text)
        except (SyntaxError, ValueError):
            return found
        cuts = list(_find_cuts(tree, away, members, kept))
        lines = _cut(found.text, cuts, tree)
        if lines == found.text:
            return found
        found.text = lines
        names = {name for cut in cuts for name in cut.names}
        found.gone |= names
        away |= names


@dataclass(frozen=True, slots=True)
class _Cut:
    """Lines from `start` to `end`, counted from 1, or the import of one name; `names` are lost with it."""

    start: int
    end: int
    names: tuple[str, ...] = ()
    alias: ast.alias | None = None


def _find_cuts(tree: ast.Module, away: Set[str], members: Set[str], kept: Set[str]) -> Iterator[_Cut]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _cut_import(node, away)
        elif not _leans(node, away, members):
            continue
        elif set(_defined(node)) & kept:
            calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Expr))
            yield from (_whole(inner, ()) for inner in calls if _leans(inner, away, members))
        elif isinstance(node, ast.ClassDef) and not _heads(node, away, members):
            yield from _cut_members(node, away, members)
        elif not isinstance(node, ast.If | ast.Try) and not _lists(node):
            yield _whole(node, tuple(_defined(node)))


def _cut_import(node: ast.Import | ast.ImportFrom, away: Set[str]) -> Iterator[_Cut]:
    gone = [each for each in node.names if (each.asname or each.name) in away]
    if len(gone) == len(node.names):
        yield _Cut(node.lineno, node.end_lineno or node.lineno)
    elif gone:
        yield _Cut(node.lineno, node.end_lineno or node.lineno, (), gone[0])


def _cut_members(node: ast.ClassDef, away: Set[str], members: Set[str]) -> Iterator[_Cut]:
    """The members of a class that lean on what is missing; the class where it cannot be made or says nothing then."""
    gone = [each for each in node.body if _leans(each, away, members)]
    made = any(isinstance(each, FunctionNode) and each.name == "__init__" for each in gone)
    left = [each for each in node.body if each not in gone and not _is_text(each)]
    if made or not any((isinstance(each, FunctionNode) and each.name != "__init__") or not gone for each in left):
        yield _whole(node, (node.name,))
    else:
        yield from (_whole(each, tuple(_defined(each))) for each in gone)


def _heads(node: ast.ClassDef, away: Set[str], members: Set[str]) -> bool:
    return any(_leans(each, away, members) for each in (*node.bases, *node.keywords, *node.decorator_list))


def _leans(node: ast.AST, away: Set[str], members: Set[str]) -> bool:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in away | members:
            return True
        if isinstance(inner, ast.Attribute) and inner.attr in members:
            return True
    return False


def _lists(node: ast.stmt) -> bool:
    """Whether a statement lists names for others: what it lists is told apart elsewhere."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"


def _whole(node: ast.stmt, names: tuple[str, ...]) -> _Cut:
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    return _Cut(min([node.lineno, *(each.lineno for each in decorators)]), node.end_lineno or node.lineno, names)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, _Definition):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _cut(text: str, cuts: list[_Cut], tree: ast.Module) -> str:
    lines = split_lines(text)
    for cut in sorted(cuts, key=lambda each: -each.start):
        if cut.alias is not None:
            source = "".join(lines[cut.start - 1 : cut.end])
            lines[cut.start - 1 : cut.end] = [_without(source, cut.alias)]
            continue
        start = cut.start - 1
        while start and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        del lines[start : cut.end]
    made = "".join(lines)
    return re.sub(r"(\r?\n){4,}", lambda found: found[1] * 3, made) if cuts else text


def _without(source: str, alias: ast.alias) -> str:
    """An import statement without one of its names."""
    written = rf"{re.escape(alias.name)}(\s+as\s+{re.escape(alias.asname)})?" if alias.asname else re.escape(alias.name)
    head, mark, names = source.partition("import")
    alone = re.sub(rf"(?m)^[ \t]*{written}[ \t]*,?[ \t]*(#.*)?\r?\n", "", names, count=1)
    if alone != names:
        return head + mark + alone
    listed = re.sub(rf"(?<![\w.]){written}(?!\w)\s*,\s*", "", names, count=1)
    listed = listed if listed != names else re.sub(rf",\s*{written}(?!\w)", "", names, count=1)
    return head + mark + listed
