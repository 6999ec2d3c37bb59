"""Project rules: the checks that need to see several files, run on the index of a project."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from layerwise.review.engine import stamp_fingerprints, to_finding
from layerwise.review.files import read_text
from layerwise.review.finding import Finding
from layerwise.review.review import FileReview, ReviewError
from layerwise.review.rule import Rule
from layerwise.review.source import Source


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


@dataclass(frozen=True, slots=True)
class ProjectReview:
    """What the project rules found, by path, before suppressions, and what failed."""

    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    errors: tuple[ReviewError, ...] = ()


def review_project(view: View, rules: Sequence[Rule], shown: Iterable[str]) -> ProjectReview:
    """What the project rules say about the files under review."""
    found: dict[str, list[Finding]] = {}
    errors: list[ReviewError] = []
    for rule in rules:
        try:
            for check in rule.project_checks:
                for problem in check(view):
                    source = view.source(problem.path or "")
                    if source is not None and source.path in view.texts:
                        found.setdefault(source.path, []).append(to_finding(rule, problem, source))
        except Exception as error:  # a rule that fails must not take the others with it
            errors.append(ReviewError("", f"rule {rule.name} failed: {type(error).__name__}: {error}.", rule.name))
    stamped = {
        path: stamp_fingerprints(
            Source(path, view.texts[path]), None, [each for each in findings if each.confidence in shown]
        )
        for path, findings in found.items()
    }
    return ProjectReview(stamped, tuple(errors))


def drop_refuted(reviewed: FileReview, view: View, refutable: Mapping[str, Rule]) -> FileReview:
    """The review without the findings that the project refutes. `refutable` holds rules by name."""
    kept = tuple(
        finding
        for finding in reviewed.findings
        if finding.name not in refutable or not any(test(view, finding) for test in refutable[finding.name].refutations)
    )
    return reviewed if len(kept) == len(reviewed.findings) else replace(reviewed, findings=kept)
