"""A review as text: everything in one answer, or in parts that fit a budget."""

import json
from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError
from layerwise.jobs import Jobs
from layerwise.review.report import as_text
from layerwise.review.run import review
from layerwise.roots import Roots
from layerwise.tokens import count_tokens

MANY = "import time\n\n\nasync def wait() -> None:\n" + "    time.sleep(1)\n" * 40


def test_a_clean_review_says_so_and_what_was_seen() -> None:
    page = as_text(review(texts={"app/fine.py": "def double(x: int) -> int:\n    return x * 2\n"}))
    assert page.text.startswith("No findings in 1 file.")
    assert page.text.endswith("Done.")


def test_findings_are_grouped_by_rule_with_reason_place_and_edit() -> None:
    text = as_text(review(texts={"app/jobs.py": MANY})).text
    assert text.count("error AIO001 blocking-call-in-async") == 1
    assert text.count("  why: ") == 1
    assert "  app/jobs.py:5:5 `time.sleep` blocks the event loop in `async def wait`." in text
    assert "'time.sleep' -> 'await asyncio.sleep'" in text
    assert "By rule: blocking-call-in-async 40." in text


def test_the_parts_of_a_long_review_fit_the_budget_and_hold_each_finding_once() -> None:
    reviewed = review(texts={"app/jobs.py": MANY})
    seen = []
    cursor: str | None = ""
    while cursor is not None:
        page = as_text(reviewed, max_tokens=500, cursor=cursor)
        assert len(page.text) <= 500 * 4
        seen += [finding.fingerprint for finding in page.findings]
        cursor = page.cursor
    assert sorted(seen) == sorted(finding.fingerprint for finding in reviewed.findings)


@pytest.mark.parametrize("cursor", ["-1", "999", "abc", "1; rm"])
def test_a_cursor_that_no_answer_gave_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError):
        as_text(review(texts={"app/jobs.py": MANY}), cursor=cursor)


def test_a_budgeted_answer_fits_as_text_and_as_data_and_its_cursor_leads_to_all(tmp_path: Path) -> None:
    body = "".join(f"async def wait_{number}() -> None:\n    time.sleep({number})\n\n\n" for number in range(60))
    (tmp_path / "slow.py").write_text(f"import time\n\n\n{body}", encoding="utf-8")
    jobs = Jobs(Roots((tmp_path,)))
    seen: list[int] = []
    cursor = ""
    while True:
        answer = jobs.review(paths=["."], max_tokens=2000, cursor=cursor)
        assert count_tokens(answer.text) <= 2000
        assert count_tokens(json.dumps(answer.data, ensure_ascii=False, separators=(",", ":"))) <= 2000
        assert answer.data["coverage"]["rules_run"] > 40
        assert answer.data["totals"] == {"blocking-call-in-async": 60}
        seen += [finding["line"] for finding in answer.data["findings"]]
        cursor = answer.data["cursor"]
        if not cursor:
            break
    assert seen == [number * 4 + 5 for number in range(60)]


def test_the_text_says_that_files_were_not_given_only_where_that_is_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    jobs = Jobs(Roots((tmp_path,)))
    assert "Not seen" in jobs.review(code="x = 1\n").text
    assert "Not seen" not in jobs.review(code="x = 1\n", path="a.py").text
    assert "Not seen" not in jobs.review(paths=["."]).text
