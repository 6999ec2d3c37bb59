"""Suppressions: comments that allow a finding, and those of them that allow nothing."""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerwise.review.finding import Finding, Span
from layerwise.review.rule import Rule
from layerwise.review.source import Source
from layerwise.review.tree import Tree

_OURS = re.compile(r"#\s*layerwise:\s*ignore\[(?P<names>[^\]]*)\]\s*(?P<reason>[^#]*)", re.IGNORECASE)
_ANY = re.compile(r"#\s*(layerwise:|noqa)", re.IGNORECASE)
_NOQA = re.compile(r"#\s*noqa(?::\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
# Codes of other linters for what rules of ours say as well: who allowed the one has allowed the other.
_SAME = {
    "async210": "aio001", "async220": "aio001", "async221": "aio001", "async222": "aio001", "async251": "aio001",
    "b019": "aio015", "ble001": "err001", "dtz003": "mod002", "e711": "qry011", "e712": "qry011", "e722": "err001",
    "f632": "qry011", "ruf006": "aio011", "s105": "cfg001", "s106": "cfg001", "s107": "cfg001", "s110": "err001",
    "s112": "err001", "s324": "sec006", "s608": "qry010", "try002": "err006",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment on `line` that allows `keys` (codes or names; everything when empty) on the lines `covers`."""

    line: int
    column: int
    keys: frozenset[str]
    covers: frozenset[int]
    ours: bool
    text: str

    def allows(self, finding: Finding) -> bool:
        """Whether the comment allows this finding: it stands on its first or last line, or alone on the line before."""
        if not self.covers & {finding.span.line, finding.span.end_line}:
            return False
        code = finding.code.casefold()
        return not self.keys or finding.name in self.keys or any(code in (key, _SAME.get(key)) for key in self.keys)


def find_suppressions(source: Source, tree: Tree | None = None) -> list[Suppression]:
    """The suppression comments of a text; with its `tree` those that only stand in a string are left out."""
    if not _ANY.search(source.code):
        return []
    strings = list(_strings(tree)) if tree is not None else []
    return [
        found
        for number, line in enumerate(source.lines, 1)
        if (start := _ANY.search(line)) and not any(_holds(node, number, start.start()) for node in strings)
        for found in _read(source, number, start.start(), line[start.start() :])
    ]


def _strings(tree: Tree) -> Iterator[ast.Constant | ast.JoinedStr]:
    yield from (node for node in tree.of(ast.Constant) if isinstance(node.value, str))
    yield from tree.of(ast.JoinedStr)


def _holds(node: ast.Constant | ast.JoinedStr, line: int, column: int) -> bool:
    """Whether the string covers the place. Columns of the parser count bytes, which only moves the end to the right."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return start <= (line, column) < end


def _read(source: Source, line: int, column: int, comment: str) -> Iterator[Suppression]:
    alone = not source.lines[line - 1][:column].strip()
    covers = frozenset({line, line + 1} if alone else {line})
    for found in _OURS.finditer(comment):
        keys = frozenset(key.strip().casefold() for key in found["names"].split(",") if key.strip())
        if keys:
            yield Suppression(line, column + found.start(), keys, covers, ours=True, text=found.group().strip())
    if noqa := _NOQA.search(comment):
        keys = frozenset(code.casefold() for code in re.split(r"[,\s]+", noqa["codes"] or "") if code)
        yield Suppression(line, column + noqa.start(), keys, frozenset({line}), ours=False, text=noqa.group().strip())


def suppressible(rules: Iterable[Rule]) -> frozenset[str]:
    """The keys by which suppressions name these rules."""
    return frozenset(key for rule in rules for key in (rule.name, rule.code.casefold()))


def settle(
    path: str, findings: Sequence[Finding], suppressions: Iterable[Suppression], known: frozenset[str]
) -> tuple[list[Finding], list[Finding]]:
    """The findings in a file that stay, and those that are allowed.

    Among those that stay is one for each suppression that allows nothing though it names one of `known`, the keys of
    the rules that ran.
    """
    unused = list(suppressions)
    every = tuple(unused)
    kept: list[Finding] = []
    allowed: list[Finding] = []
    for finding in findings:
        allowing = [each for each in every if each.allows(finding)]
        (allowed if allowing else kept).append(finding)
        unused = [each for each in unused if each not in allowing]
    kept.extend(found for each in unused if (found := _unused_finding(path, each, known)))
    return sorted(kept, key=lambda finding: finding.order), allowed


def _unused_finding(path: str, unused: Suppression, known: frozenset[str]) -> Finding | None:
    """The finding for a suppression that allows nothing; None when it names no rule that ran."""
    ran = sorted(unused.keys & known)
    if not ran:
        return None
    span = Span(unused.line, unused.column + 1, unused.line, unused.column + 1 + len(unused.text))
    return Finding(
        code="SUP001",
        name="unused-suppression",
        severity="info",
        confidence="high",
        path=path,
        span=span,
        message=f"`{unused.text}` allows nothing here: no finding of {', '.join(ran)} on this line. Remove it.",
        why="A suppression that outlives its finding hides the next one.",
        fingerprint=hashlib.blake2b(f"SUP001\n{path}\n{unused.text}".encode(), digest_size=8).hexdigest(),
    )
