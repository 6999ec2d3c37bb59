"""Review: snippets, files, folders and diffs against the rules, with what was seen and what was not."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerwise.project.index import Project, build_project
from layerwise.review.engine import FileReview, ReviewError, inspect_text
from layerwise.review.finding import Finding
from layerwise.review.given import Given, gather
from layerwise.review.layers import LayerMap
from layerwise.review.preferences import Preferences, read_preferences
from layerwise.review.project_rules import View, drop_refuted, review_project
from layerwise.review.registry import choose_rules, leave_out_of_date
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
    selected, ignored = tuple(select) or own.select, (*ignore, *own.ignore)
    chosen, skipped = choose_rules(profile, selected, ignored) if rules is None else (tuple(rules), {})
    if project is not None and not (select or rules):
        chosen, outdated = leave_out_of_date(chosen, project.versions)
        skipped |= outdated
    shown = tuple(confidences or (_SURE if profile == "default" and not selected else (*_SURE, "low")))
    layer_map = layer_map or own.layers
    given = gather(paths, texts or {}, diff, root)
    reviews = _review_all(given, chosen, shown, layer_map, project, root)
    skipped |= _gated_everywhere([each for each in reviews if each.path], chosen)
    found = (each for review in reviews for each in review.findings if given.wants(each) and not own.ignores(each))
    return Review(
        findings=tuple(sorted(map(given.presentable, found), key=lambda each: each.order)),
        coverage=_cover(reviews, chosen, skipped, knows_project=project is not None),
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


def _review_all(
    given: Given,
    rules: Sequence[Rule],
    shown: tuple[str, ...],
    layer_map: LayerMap | None,
    project: Project | None,
    root: Path | None,
) -> list[FileReview]:
    """What the file rules say about each text, and last, under no path, what the project rules say about all."""
    reviews: list[FileReview] = []
    trees: dict[str, ast.Module] = {}
    has_project_rules = any(rule.project_checks or rule.refutations for rule in rules)
    for path, text in given.texts.items():
        reviewed, tree = inspect_text(text, path, rules=rules, confidences=shown, layer_map=layer_map)
        reviews.append(reviewed)
        if project is None and has_project_rules and tree is not None:
            trees[path] = tree
    if has_project_rules:
        texts = {path: given.texts[path] for path in trees}
        index = build_project(texts, trees) if project is None else project
        refutable = {rule.name: rule for rule in rules if rule.refutations}
        view = View(index, given.texts, root)
        reviews = [drop_refuted(each, view, refutable) for each in reviews]
        reviews.append(review_project(index, rules, given.texts, root, shown))
    return reviews


def _cover(
    reviews: Sequence[FileReview], rules: Sequence[Rule], skipped: Mapping[str, str], *, knows_project: bool
) -> Coverage:
    return Coverage(
        files=sum(1 for each in reviews if each.path),
        lines=sum(each.lines for each in reviews),
        rules_run=tuple(rule.name for rule in rules if rule.name not in skipped),
        rules_skipped=skipped,
        cannot_see=(_RUN_TIME,) if knows_project else (_RUN_TIME, _OTHER_FILES),
    )


def _gated_everywhere(reviews: Sequence[FileReview], rules: Sequence[Rule]) -> dict[str, str]:
    """The rules that ran on no file, because none uses their libraries."""
    if not reviews:
        return {}
    gated = frozenset.intersection(*(each.gated for each in reviews))
    return {rule.name: f"no file uses {' and '.join(rule.requires)}" for rule in rules if rule.name in gated}
