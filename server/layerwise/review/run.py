"""Review: snippets, files, folders and diffs against the rules, with what was seen and what was not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerwise.project.index import Project, build_project
from layerwise.review.engine import FileReview, ReviewError, inspect_text
from layerwise.review.finding import Finding
from layerwise.review.given import gather
from layerwise.review.layers import LayerMap
from layerwise.review.preferences import Preferences, read_preferences
from layerwise.review.project_rules import review_project
from layerwise.review.registry import choose_rules
from layerwise.review.rule import Rule

_SURE = ("high", "medium")
_RUN_TIME = "what happens at run time, what the environment decides, and what installed libraries do inside"
_OTHER_FILES = "files that were not given: what they define, and who calls what is defined here"


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
    project: Project | None = None,
    rules: Sequence[Rule] | None = None,
    confidences: Iterable[str] | None = None,
    layer_map: LayerMap | None = None,
) -> Review:
    """Review files or folders below `root`, `texts` by path, or the added lines of a unified `diff`.

    Project rules see `project`, the index of the tree, or else only what is reviewed. `rules` replaces what profile,
    select and ignore choose; what they leave open the `[tool.layerwise]` of the project at `root` decides. Raises
    UnknownNameError for a rule or profile that does not exist, OutsideRootError and InvalidInputError for a path that
    leads outside the root or nowhere.
    """
    own = read_preferences(root) if root is not None else Preferences()
    profile = own.profile if profile == "default" else profile
    selected = tuple(select) or own.select
    chosen, skipped = (
        (tuple(rules), {}) if rules is not None else choose_rules(profile, selected, (*ignore, *own.ignore))
    )
    shown = tuple(confidences or (_SURE if profile == "default" and not selected else (*_SURE, "low")))
    layer_map = layer_map or own.layers
    given = gather(paths, texts or {}, diff, root)
    inspected = {
        path: inspect_text(text, path, rules=chosen, confidences=shown, layer_map=layer_map)
        for path, text in given.texts.items()
    }
    reviews = [each for each, _ in inspected.values()]
    skipped |= _gated_everywhere(reviews, chosen)
    if any(rule.project_checks for rule in chosen):
        index = project
        if index is None:
            trees = {path: tree for path, (_, tree) in inspected.items() if tree is not None}
            index = build_project({path: given.texts[path] for path in trees}, trees)
        reviews.append(review_project(index, chosen, given.texts, root, shown))
    findings = [
        given.presentable(each)
        for review in reviews
        for each in review.findings
        if given.wants(each) and not own.ignores(each)
    ]
    return Review(
        findings=tuple(sorted(findings, key=lambda each: each.order)),
        coverage=Coverage(
            files=len(given.texts),
            lines=sum(each.lines for each in reviews),
            rules_run=tuple(rule.name for rule in chosen if rule.name not in skipped),
            rules_skipped=skipped,
            cannot_see=(_RUN_TIME,) if project is not None else (_RUN_TIME, _OTHER_FILES),
        ),
        errors=(
            *(ReviewError(each.path, each.reason) for each in given.unreadable),
            *(error for each in reviews for error in each.errors),
        ),
        notices=tuple(notice for each in reviews for notice in each.notices),
        suppressed=tuple(finding for each in reviews for finding in each.suppressed),
        texts=given.whole,
        rules=chosen,
        confidences=shown,
        layer_map=layer_map,
    )


def _gated_everywhere(reviews: Sequence[FileReview], rules: Sequence[Rule]) -> dict[str, str]:
    """The rules that ran on no file, because none uses their libraries."""
    if not reviews:
        return {}
    gated = frozenset.intersection(*(each.gated for each in reviews))
    return {rule.name: f"no file uses {' and '.join(rule.requires)}" for rule in rules if rule.name in gated}
