"""Project rules: the checks that need to see several files, run on the index of a project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layerwise.review.engine import FileReview, ReviewError, stamp_fingerprints, to_finding
from layerwise.review.files import read_text
from layerwise.review.finding import Finding
from layerwise.review.rule import Rule
from layerwise.review.source import Source
from layerwise.review.suppression import apply_suppressions, find_suppressions


@dataclass(frozen=True, slots=True)
class View:
    """What a project check is handed: the index, and the texts of the files."""

    project: Any
    texts: Mapping[str, str]
    root: Path | None

    def source(self, path: str) -> Source | None:
        """The text of a file of the project, from what is under review first."""
        if path in self.texts:
            return Source(path, self.texts[path])
        if self.root is None:
            return None
        text = read_text(self.root, path)
        return Source(path, text) if isinstance(text, str) else None


def review_project(
    project: object,
    rules: Sequence[Rule],
    texts: Mapping[str, str],
    root: Path | None,
    shown: Iterable[str],
) -> FileReview:
    """What the project rules say about the files under review."""
    view = View(project, texts, root)
    found: dict[str, list[Finding]] = {}
    errors: list[ReviewError] = []
    for rule in rules:
        try:
            for check in rule.project_checks:
                for problem in check(view):
                    source = view.source(problem.path or "")
                    if source is not None and source.path in texts:
                        found.setdefault(source.path, []).append(to_finding(rule, problem, source))
        except Exception as error:  # a rule that fails must not take the others with it
            errors.append(ReviewError("", f"rule {rule.name} failed: {type(error).__name__}: {error}.", rule.name))
    kept: list[Finding] = []
    allowed: list[Finding] = []
    for path, findings in found.items():
        source = Source(path, texts[path])
        stamped = stamp_fingerprints(source, None, [each for each in findings if each.confidence in shown])
        stay, suppressed, _ = apply_suppressions(stamped, find_suppressions(source))
        kept.extend(stay)
        allowed.extend(suppressed)
    return FileReview("", findings=tuple(kept), suppressed=tuple(allowed), errors=tuple(errors))


def drop_refuted(reviewed: FileReview, view: View, refutable: Mapping[str, Rule]) -> FileReview:
    """The review without the findings that the project refutes. `refutable` holds rules by name."""
    kept = tuple(
        finding
        for finding in reviewed.findings
        if finding.name not in refutable or not any(test(view, finding) for test in refutable[finding.name].refutations)
    )
    return reviewed if len(kept) == len(reviewed.findings) else replace(reviewed, findings=kept)
