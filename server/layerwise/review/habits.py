"""Habits: what a file does throughout is said once, with every place that does it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from layerwise.review.finding import Confidence, Edit, Fix, Step
from layerwise.review.rule import Problem
from layerwise.review.source import Source

_THROUGHOUT = 4


def sum_up(problems: Iterable[Problem], source: Source) -> Iterator[Problem]:
    """The problems of one rule in one file; from four of one confidence on, the first of them, which stands for all.

    It carries the lines of the others as its trace, and one fix for all when each of them has one.
    """
    groups: dict[Confidence | None, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.confidence, []).append(problem)
    for group in groups.values():
        if len(group) < _THROUGHOUT:
            yield from group
        else:
            yield _stand_for_all(sorted(group, key=lambda problem: _line(problem)), source)


def _stand_for_all(group: list[Problem], source: Source) -> Problem:
    first, *others = group
    message = f"{first.message.removesuffix('.')}; {len(others)} more in this file."
    places = [(_line(each), source.lines[_line(each) - 1].strip()) for each in others]
    return replace(
        first,
        message=message,
        trace=(*first.trace, *(Step(source.path, line, text) for line, text in places)),
        fix=_join([each.fix for each in group if each.fix], len(group)),
    )


def _join(fixes: list[Fix], wanted: int) -> Fix | None:
    """One fix that does what all do; None unless there are `wanted` of them."""
    if len(fixes) < wanted:
        return None
    edits: dict[Edit, None] = dict.fromkeys(edit for fix in fixes for edit in fix.edits)
    return Fix(tuple(edits), safe=all(fix.safe for fix in fixes), reason=fixes[0].reason)


def _line(problem: Problem) -> int:
    where = problem.where
    return getattr(where, "lineno", 1) if isinstance(where, ast.AST) else where.line
