"""Review: snippets, files, folders and diffs against the rules, with what was seen and what was not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from layerwise.errors import InvalidInputError
from layerwise.review.diff import ChangedFile, read_diff
from layerwise.review.engine import FileReview, ReviewError, review_text, stamp_fingerprints, to_finding
from layerwise.review.files import Unreadable, find_files, read_text
from layerwise.review.finding import Finding
from layerwise.review.layers import LayerMap
from layerwise.review.registry import choose_rules
from layerwise.review.rule import Rule
from layerwise.review.source import Source
from layerwise.review.suppression import apply_suppressions, find_suppressions

_CANNOT_SEE = (
    "what happens at run time, what configuration and environment decide, and what installed libraries do inside"
)


class ProjectIndex(Protocol):
    """The facts of a project; what the project rules ask of it is theirs to know."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a review saw; `rules_skipped` says why a rule did not run, `cannot_see` names the blind spots."""

    files: int
    lines: int
    rules_run: tuple[str, ...]
    rules_skipped: Mapping[str, str]
    cannot_see: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "lines": self.lines,
            "rules_run": list(self.rules_run),
            "rules_skipped": dict(self.rules_skipped),
            "cannot_see": list(self.cannot_see),
        }


@dataclass(frozen=True, slots=True)
class Review:
    """The result of a review: findings in order of severity, what was seen, what failed, what was assumed.

    `texts` holds the reviewed texts by path; with `rules`, `confidences` and `layer_map` a fix can look again.
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    errors: tuple[ReviewError, ...] = ()
    notices: tuple[str, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    confidences: tuple[str, ...] = ("high", "medium")
    layer_map: LayerMap | None = None

    @property
    def totals(self) -> dict[str, int]:
        """How many findings each rule has, the most first."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.name] = counts.get(finding.name, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def as_dict(self) -> dict[str, Any]:
        """The review as the JSON contract has it."""
        return {
            "findings": [finding.as_dict() for finding in self.findings],
            "totals": self.totals,
            "suppressed": len(self.suppressed),
            "coverage": self.coverage.as_dict(),
            "errors": [error.as_dict() for error in self.errors],
            "notices": list(self.notices),
        }


def review(
    paths: Iterable[str | Path] = (),
    *,
    texts: Mapping[str, str] | None = None,
    diff: str | None = None,
    root: Path | None = None,
    profile: str = "default",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    project: ProjectIndex | None = None,
    rules: Sequence[Rule] | None = None,
    confidences: Iterable[str] | None = None,
    layer_map: LayerMap | None = None,
) -> Review:
    """Review files or folders below `root`, `texts` by path, or the added lines of a unified `diff`.

    Project rules run when `project`, the index of the tree, is given. `rules` replaces what profile, select and ignore
    choose. Raises UnknownNameError for a rule or profile that does not exist, OutsideRootError and InvalidInputError
    for a path that leads outside the root or nowhere.
    """
    chosen, skipped = choose_rules(profile, select, ignore) if rules is None else (tuple(rules), {})
    shown = tuple(
        confidences or (("high", "medium") if profile == "default" and not tuple(select) else ("high", "medium", "low"))
    )
    given, changed, unreadable = _gather(paths, texts or {}, diff, root)
    reviews = [
        review_text(text, path, rules=chosen, confidences=shown, layer_map=layer_map) for path, text in given.items()
    ]
    projected = _review_project(project, chosen, given, root, shown)
    reviews.append(projected)
    if project is None:
        skipped |= {rule.name: "needs the project; only files were given" for rule in chosen if rule.scope == "project"}
    skipped |= _gated_everywhere(reviews[:-1], chosen)
    findings = [finding for each in reviews for finding in each.findings if _is_added(finding, changed)]
    return Review(
        findings=tuple(sorted((_without_fix(each, changed, given) for each in findings), key=lambda each: each.order)),
        coverage=Coverage(
            files=len(given),
            lines=sum(each.lines for each in reviews),
            rules_run=tuple(rule.name for rule in chosen if rule.name not in skipped),
            rules_skipped=skipped,
            cannot_see=(_CANNOT_SEE,),
        ),
        errors=(
            *(ReviewError(each.path, each.reason) for each in unreadable),
            *(error for each in reviews for error in each.errors),
        ),
        notices=tuple(notice for each in reviews for notice in each.notices),
        suppressed=tuple(finding for each in reviews for finding in each.suppressed),
        texts={path: text for path, text in given.items() if not _is_partial(path, text, changed)},
        rules=chosen,
        confidences=shown,
        layer_map=layer_map,
    )


def _gather(
    paths: Iterable[str | Path], texts: Mapping[str, str], diff: str | None, root: Path | None
) -> tuple[dict[str, str], dict[str, ChangedFile], list[Unreadable]]:
    """The texts to review by path, the changed files of the diff by path, and what could not be read."""
    wanted = list(paths)
    if (wanted or diff) and root is None and wanted:
        raise InvalidInputError("Paths were given without a project root; say which folder they are below.")
    given = dict(texts)
    unreadable: list[Unreadable] = []
    for path in find_files(root, wanted) if root is not None else ():
        text = read_text(root, path) if root is not None else ""
        if isinstance(text, Unreadable):
            unreadable.append(text)
        else:
            given[path] = text
    changed: dict[str, ChangedFile] = {}
    for file in read_diff(diff) if diff is not None else ():
        if file.path.endswith(".py") and file.added:
            changed[file.path] = file
            given[file.path] = _text_after(file, root)
    return given, changed, unreadable


def _text_after(file: ChangedFile, root: Path | None) -> str:
    """The whole file where the tree holds it as the diff leaves it, else what the diff shows of it."""
    if root is not None:
        place = (root / file.path).resolve()
        if place.is_relative_to(root.resolve()) and place.is_file():
            text = read_text(root, file.path)
            if isinstance(text, str) and file.matches(text):
                return text
    return file.text


def _is_added(finding: Finding, changed: Mapping[str, ChangedFile]) -> bool:
    """Whether the finding stands on an added line; always, where no diff was given for its file."""
    if finding.path not in changed:
        return not changed
    lines = range(finding.span.line, finding.span.end_line + 1)
    return any(line in changed[finding.path].added for line in lines)


def _without_fix(finding: Finding, changed: Mapping[str, ChangedFile], given: Mapping[str, str]) -> Finding:
    """A finding in a file that only the diff shows keeps no fix: its offsets would not be those of the file."""
    if finding.fix and _is_partial(finding.path, given[finding.path], changed):
        return replace(finding, fix=None)
    return finding


def _is_partial(path: str, text: str, changed: Mapping[str, ChangedFile]) -> bool:
    """Whether the text is only what a diff shows of the file."""
    return path in changed and changed[path].text == text


def _gated_everywhere(reviews: Sequence[FileReview], rules: Sequence[Rule]) -> dict[str, str]:
    """The rules that ran on no file, because none uses their libraries."""
    if not reviews:
        return {}
    gated = frozenset.intersection(*(each.gated for each in reviews))
    return {rule.name: f"no file uses {' and '.join(rule.requires)}" for rule in rules if rule.name in gated}


@dataclass(frozen=True, slots=True)
class _View:
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


def _review_project(
    project: ProjectIndex | None,
    rules: Sequence[Rule],
    given: Mapping[str, str],
    root: Path | None,
    shown: Iterable[str],
) -> FileReview:
    """What the project rules say about the files under review."""
    if project is None:
        return FileReview("")
    view = _View(project, given, root)
    found: dict[str, list[Finding]] = {}
    errors: list[ReviewError] = []
    for rule in rules:
        try:
            for check in rule.project_checks:
                for problem in check(view):
                    source = view.source(problem.path or "")
                    if source is not None and source.path in given:
                        found.setdefault(source.path, []).append(to_finding(rule, problem, source))
        except Exception as error:  # a rule that fails must not take the others with it
            errors.append(ReviewError("", f"rule {rule.name} failed: {type(error).__name__}: {error}.", rule.name))
    kept: list[Finding] = []
    allowed: list[Finding] = []
    for path, findings in found.items():
        source = Source(path, given[path])
        stamped = stamp_fingerprints(source, None, [each for each in findings if each.confidence in shown])
        stay, suppressed, _ = apply_suppressions(stamped, find_suppressions(source))
        kept.extend(stay)
        allowed.extend(suppressed)
    return FileReview("", findings=tuple(kept), suppressed=tuple(allowed), errors=tuple(errors))
