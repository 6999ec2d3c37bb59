"""Comments that allow a finding, and comments that allow nothing."""

import pytest

from layerwise.review.engine import FileReview, review_text


def reviewed(comment: str, before: str = "") -> FileReview:
    return review_text(f"import time\n\n\nasync def wait() -> None:\n{before}    time.sleep(1){comment}\n")


@pytest.mark.parametrize(
    "comment",
    [
        "  # layerwise: ignore[blocking-call-in-async] nothing else runs yet",
        "  # layerwise: ignore[AIO001]",
        "  # layerwise: ignore[some-other, blocking-call-in-async]",
        "  # noqa: AIO001",
        "  # noqa: E501, AIO001",
        "  # noqa",
    ],
)
def test_a_comment_on_the_line_allows_the_finding(comment: str) -> None:
    review = reviewed(comment)
    assert review.findings == ()
    assert [finding.code for finding in review.suppressed] == ["AIO001"]


def test_a_comment_alone_on_the_line_before_allows_the_finding() -> None:
    assert reviewed("", before="    # layerwise: ignore[blocking-call-in-async] fine here\n").findings == ()


@pytest.mark.parametrize("comment", ["  # noqa: E501", "  # layerwise: ignore[]", '  + len("# noqa")'])
def test_what_names_another_rule_none_or_stands_in_a_string_allows_nothing(comment: str) -> None:
    assert [finding.code for finding in reviewed(comment).findings] == ["AIO001"]


def test_a_suppression_that_allows_nothing_is_reported() -> None:
    review = review_text("x = 1  # layerwise: ignore[blocking-call-in-async] long gone\n")
    (finding,) = review.findings
    assert (finding.name, finding.line, finding.severity) == ("unused-suppression", 1, "info")


@pytest.mark.parametrize("comment", ["# noqa: F401", "# layerwise: ignore[query-in-future]", "# noqa"])
def test_suppressions_of_rules_that_did_not_run_are_left_alone(comment: str) -> None:
    assert review_text(f"x = 1  {comment}\n").findings == ()


@pytest.mark.parametrize(("code", "findings"), [("RUF006", 0), ("E501", 1), ("AIO011", 0)])
def test_what_was_allowed_under_another_linters_code_stays_allowed(code: str, findings: int) -> None:
    text = f"import asyncio\n\n\nasync def start() -> None:\n    asyncio.create_task(work())  # noqa: {code}\n"
    assert len(review_text(text).findings) == findings


def test_another_linters_code_that_allows_nothing_of_ours_is_left_alone() -> None:
    assert review_text("x = 1  # noqa: RUF006\n").findings == ()
