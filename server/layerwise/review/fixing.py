"""Fixing: a review's fixes as one change set, proved before it is shown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.review.edits import apply_edits, choose_fixes, edits_of
from layerwise.review.finding import Finding
from layerwise.review.review import Review

_MAX_ROUNDS = 6


@dataclass(slots=True)
class _Progress:
    """The texts so far, what was fixed, and what could not be."""

    texts: dict[str, str]
    fixed: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def fix(reviewed: Review, root: Path, *, unsafe: bool = False) -> ChangeSet:
    """The fixes of `reviewed` as a change set under `root`; the safe ones, and with `unsafe` all.

    Where two fixes want the same place one is made first and the other from a second look. Every change is proved: the
    file still parses where it did and no rule has more findings in it than before. A fix that fails this is left out
    and named in `warnings`.
    """
    progress = _Progress(dict(reviewed.texts))
    waiting: Sequence[Finding] = _fixable(reviewed.findings, unsafe)
    for _ in range(_MAX_ROUNDS):
        chosen, _losers = choose_fixes(waiting)
        touched = _apply(reviewed, progress, chosen)
        if not touched:
            break
        again = _fixable(reviewed.again(progress.texts, touched), unsafe)
        waiting = [each for each in again if _label(each) not in progress.refused]
    changes = [
        Change(path, before.encode(), progress.texts[path].encode())
        for path, before in sorted(reviewed.texts.items())
        if progress.texts[path] != before
    ]
    return _describe(reviewed, root, changes, progress, unsafe)


def _fixable(findings: Iterable[Finding], unsafe: bool) -> list[Finding]:
    return [finding for finding in findings if finding.fix and (finding.fix.safe or unsafe)]


def _apply(reviewed: Review, progress: _Progress, chosen: Sequence[Finding]) -> set[str]:
    """Make the fixes, all at once where that holds, else half by half; the paths that changed."""
    candidate = _edited(progress.texts, chosen)
    if not candidate:
        return set()
    if _holds(reviewed, progress.texts, candidate, chosen):
        progress.texts.update(candidate)
        progress.fixed.update(finding.name for finding in chosen)
        return set(candidate)
    if len(chosen) == 1:
        progress.refused.append(_label(chosen[0]))
        return set()
    middle = len(chosen) // 2
    touched = _apply(reviewed, progress, chosen[:middle])
    # Where the first half has changed a text, the offsets of the others hold no more: they wait for the next round.
    rest = [finding for finding in chosen[middle:] if touched.isdisjoint(edits_of([finding]))]
    return touched | _apply(reviewed, progress, rest)


def _edited(texts: Mapping[str, str], chosen: Sequence[Finding]) -> dict[str, str]:
    """The texts that the fixes change, changed; edits of files that are not at hand are left out."""
    return {path: apply_edits(texts[path], edits) for path, edits in edits_of(chosen).items() if path in texts}


def _holds(reviewed: Review, before: Mapping[str, str], after: Mapping[str, str], fixed: Sequence[Finding]) -> bool:
    """Whether what was fixed is found less often in the changed texts, and nothing, syntax errors among it, more."""
    was = Counter(finding.name for finding in reviewed.again(before, after.keys()))
    now = Counter(finding.name for finding in reviewed.again({**before, **after}, after.keys()))
    return all(now[name] < was[name] for name in {finding.name for finding in fixed}) and now <= was


def _label(finding: Finding) -> str:
    return f"{finding.path}: {finding.name}: {finding.message}"


def _describe(reviewed: Review, root: Path, changes: Sequence[Change], progress: _Progress, unsafe: bool) -> ChangeSet:
    left = sum(1 for finding in reviewed.findings if finding.fix is None)
    held_back = sum(1 for finding in reviewed.findings if finding.fix and not finding.fix.safe and not unsafe)
    notices = [f"{name}: {count} fixed" for name, count in sorted(progress.fixed.items())]
    if held_back:
        notices.append(
            f"{held_back} findings have an unsafe fix, which was not made; ask for all fixes to include them."
        )
    if left:
        notices.append(f"{left} findings have no fix; mend them by hand.")
    return ChangeSet(
        root,
        tuple(changes),
        warnings=tuple(f"Not fixed, the result did not hold: {label}" for label in progress.refused),
        notices=tuple(notices),
        next_steps=("Apply the change set, then review again.",) if changes else (),
        evidence={"fixed": dict(progress.fixed), "parses": True, "reviewed_again": True} if changes else {},
    )
