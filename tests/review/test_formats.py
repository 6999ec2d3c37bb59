"""A review as SARIF, as workflow commands, and against a baseline."""

import pytest

from layerwise.errors import InvalidInputError
from layerwise.review.baseline import read_baseline, without_baseline, write_baseline
from layerwise.review.formats import as_github, as_sarif
from layerwise.review.run import Review, review

SLEEP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


def of(text: str) -> Review:
    return review(texts={"app/jobs.py": text})


def test_sarif_names_the_rule_the_place_and_a_fingerprint_that_survives() -> None:
    (run,) = as_sarif(of(SLEEP))["runs"]
    (result,) = run["results"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"], result["ruleId"], result["level"]) == (
        "AIO001",
        "blocking-call-in-async",
        "AIO001",
        "error",
    )
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 18}
    (moved,) = as_sarif(of(f"\n{SLEEP}"))["runs"][0]["results"]
    assert moved["partialFingerprints"] == result["partialFingerprints"]


def test_workflow_commands_escape_what_would_end_them() -> None:
    found = of(SLEEP)
    (line,) = as_github(found).splitlines()
    assert line == (
        "::error file=app/jobs.py,line=5,col=5,endLine=5,title=AIO001 blocking-call-in-async"
        "::`time.sleep` blocks the event loop in `async def wait`."
    )
    odd = review(texts={"a,b:c%.py": SLEEP})
    assert "file=a%2Cb%3Ac%25.py," in as_github(odd)


def test_a_baseline_hides_what_was_there_and_shows_what_is_new() -> None:
    baseline = read_baseline(write_baseline(of(SLEEP).findings))
    assert without_baseline(of(f"# moved\n{SLEEP}"), baseline).findings == ()
    (new,) = without_baseline(of(f"{SLEEP}    time.sleep(2)\n"), baseline).findings
    assert new.line == 6


def test_a_baseline_only_shrinks() -> None:
    old = read_baseline(write_baseline(of(SLEEP).findings))
    worse = of(f"{SLEEP}    time.sleep(2)\n")
    assert read_baseline(write_baseline(worse.findings, old)) == old
    assert read_baseline(write_baseline(of("x = 1\n").findings, old)) == {}
    assert any("gone" in notice for notice in without_baseline(of("x = 1\n"), old).notices)


def test_a_syntax_error_is_never_in_a_baseline() -> None:
    assert read_baseline(write_baseline(of("def broken(:\n").findings)) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "findings": {}}', '{"version": 1}', '{"version": 1, "findings": [1]}']
)
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no baseline"):
        read_baseline(text)
