"""Baselines: the findings that a project has when it starts, so that only new ones are reported; it can only shrink."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.paths import resolve_inside
from layerwise.errors import InvalidInputError, shorten
from layerwise.review.finding import Finding
from layerwise.review.review import UNUSED, Review

# A file that cannot be parsed is never taken into a baseline: what is in it would stay unseen.
_NEVER = frozenset({"SYN001", "SUP001"})


def hold_baseline(reviewed: Review, root: Path, path: str, *, whole: bool) -> tuple[Review, ChangeSet]:
    """The review without what the baseline at `path` holds, and the change that keeps the baseline up to date.

    Where there is no file at `path` the baseline is all that was found. Where there is one, `whole` says that files
    were judged whole, so that what is gone from them leaves the baseline. Raises OutsideRootError for a path outside
    the root, InvalidInputError for a file that is no baseline.
    """
    place = resolve_inside(root, path)
    name = place.relative_to(root.resolve()).as_posix()
    before = _read(place) if place.exists() else None
    if before is None:
        after = write_baseline(reviewed.findings)
        held = read_baseline(after)
        notice = f"{len(held)} findings went into the new baseline {name}"
    else:
        old = read_baseline(before)
        gone = _find_gone(reviewed, old, root) if whole and not reviewed.errors else frozenset()
        held = {fingerprint: entry for fingerprint, entry in old.items() if fingerprint not in gone}
        after = _render(held) if gone else before
        known = sum(finding.fingerprint in held for finding in reviewed.findings)
        notice = f"{known} findings are in the baseline {name}"
        notice += f"; {len(gone)} that are gone were taken out of it" if gone else ""
    kept = tuple(finding for finding in reviewed.findings if finding.fingerprint not in held)
    sides = (None if before is None else before.encode(), after.encode())
    changes = (Change(name, *sides),) if before != after else ()
    return replace(reviewed, findings=kept, notices=(*reviewed.notices, notice)), ChangeSet(root, changes)


def write_baseline(findings: Iterable[Finding]) -> str:
    """The text of a baseline that holds `findings`."""
    return _render(
        {each.fingerprint: f"{each.path} {each.name}" for each in findings if each.code not in _NEVER},
    )


def _render(held: Mapping[str, str]) -> str:
    ordered = dict(sorted(held.items(), key=lambda item: (item[1], item[0])))
    return json.dumps({"version": 1, "findings": ordered}, indent=2, ensure_ascii=False) + "\n"


def _read(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"The baseline {shorten(str(place))!r} cannot be read: {error}.") from error


def read_baseline(text: str) -> dict[str, str]:
    """What each fingerprint of a baseline stands for: path and rule. Raises InvalidInputError for any other text."""
    try:
        data = json.loads(text)
        findings = data["findings"]
        if data["version"] != 1 or not all(isinstance(value, str) for value in findings.values()):
            raise ValueError("another version")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError(f"This is no baseline of layerwise ({error}); write a new one.") from error
    return dict(findings)


def _find_gone(reviewed: Review, old: Mapping[str, str], root: Path) -> frozenset[str]:
    """The fingerprints that are found no more, of rules that ran, in files that were reviewed or are no more."""
    found = {finding.fingerprint for finding in reviewed.findings}
    seen = reviewed.coverage
    ran = {*seen.rules_run, *(name for name, why in seen.rules_skipped.items() if why.startswith(UNUSED))}
    gone = set()
    for fingerprint, entry in old.items():
        path, _, rule = entry.rpartition(" ")
        if fingerprint not in found and rule in ran and (path in reviewed.texts or not Path(root, path).exists()):
            gone.add(fingerprint)
    return frozenset(gone)
