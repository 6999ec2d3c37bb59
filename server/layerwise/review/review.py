"""Review: what was found, what was seen and what was not."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerwise.review.finding import Finding
from layerwise.review.suppression import Suppression

# Why a rule did not run on files that were seen: it had nothing to say about them.
UNUSED = "no file uses"

# Blind spots of every review, and of one that has no tree around it.
RUN_TIME = "what happens at run time, what the environment decides, and what installed libraries do inside"
OTHER_FILES = "files that were not given: what they define, and who calls what is defined here"

LookAgain = Callable[[Mapping[str, str], Collection[str]], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class ReviewError:
    """What could not be reviewed, and why: a file that cannot be read, a rule that failed."""

    path: str
    message: str
    rule: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return {"path": self.path, "rule": self.rule, "message": self.message}


@dataclass(frozen=True, slots=True)
class FileReview:
    """What the file rules say about one text; `packages` are those that the file uses of which some rule is about.

    Until it is settled with `suppressions`, `findings` holds what they allow too.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    errors: tuple[ReviewError, ...] = ()
    notices: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()
    lines: int = 0


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

    def summarise(self) -> dict[str, Any]:
        """The same with rules counted instead of named, for answers that have a budget."""
        skipped = Counter(self.rules_skipped.values())
        return self.as_dict() | {"rules_run": len(self.rules_run), "rules_skipped": dict(skipped)}


@dataclass(frozen=True, slots=True)
class Review:
    """The result of a review: findings in order of severity, what was seen, what failed, what was assumed.

    `texts` holds the reviewed texts by path. `again(texts, paths)` gives the findings of the same review where the
    texts have become these: all that project rules find, and what file rules find in `paths`.
    """

    findings: tuple[Finding, ...]
    coverage: Coverage
    errors: tuple[ReviewError, ...] = ()
    notices: tuple[str, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    again: LookAgain = field(default=lambda texts, paths: (), repr=False)

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
