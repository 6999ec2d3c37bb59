"""Reviews as JSON-ready records, and back. Reading a damaged one raises KeyError, TypeError or ValueError."""

from collections.abc import Mapping
from typing import Any

from layerwise.review.finding import Edit, Finding, Fix, Span, Step
from layerwise.review.review import Coverage, FileReview, Review, ReviewError
from layerwise.review.suppression import Suppression

_PLACE = ("line", "column", "end_line", "end_column")


def read_finding(record: Mapping[str, Any]) -> Finding:
    """The finding whose `as_dict` is `record`."""
    rest = {key: value for key, value in record.items() if key not in _PLACE}
    fix = rest.pop("fix")
    return Finding(
        **rest
        | {
            "span": Span(*(record[key] for key in _PLACE)),
            "statements": tuple(rest["statements"]),
            "trace": tuple(Step(**step) for step in rest["trace"]),
            "fix": fix and Fix(tuple(Edit(**edit) for edit in fix["edits"]), fix["safe"], fix["reason"]),
        }
    )


def record_file(review: FileReview) -> dict[str, Any]:
    """An unsettled review of a file; its path is part of the key that it is kept under."""
    return {
        "findings": [finding.as_dict() for finding in review.findings],
        "suppressions": [
            [each.line, each.column, sorted(each.keys), sorted(each.covers), each.ours, each.text]
            for each in review.suppressions
        ],
        "errors": [error.as_dict() for error in review.errors],
        "notices": list(review.notices),
        "packages": sorted(review.packages),
        "lines": review.lines,
    }


def read_file(path: str, record: Mapping[str, Any]) -> FileReview:
    """The review of `path` that `record` was made from."""
    return FileReview(
        path,
        findings=tuple(map(read_finding, record["findings"])),
        suppressions=tuple(
            Suppression(line, column, frozenset(keys), frozenset(covers), ours, text)
            for line, column, keys, covers, ours, text in record["suppressions"]
        ),
        errors=tuple(ReviewError(**error) for error in record["errors"]),
        notices=tuple(record["notices"]),
        packages=frozenset(record["packages"]),
        lines=record["lines"],
    )


def record_review(review: Review) -> dict[str, Any]:
    """A whole review, without the texts."""
    return review.as_dict() | {"suppressed": [finding.as_dict() for finding in review.suppressed]}


def read_review(record: Mapping[str, Any]) -> Review:
    """The review that `record` was made from; it holds no texts, and cannot look again."""
    seen = record["coverage"]
    return Review(
        findings=tuple(map(read_finding, record["findings"])),
        coverage=Coverage(
            seen["files"],
            seen["lines"],
            tuple(seen["rules_run"]),
            dict(seen["rules_skipped"]),
            tuple(seen["cannot_see"]),
        ),
        errors=tuple(ReviewError(**error) for error in record["errors"]),
        notices=tuple(record["notices"]),
        suppressed=tuple(map(read_finding, record["suppressed"])),
    )
