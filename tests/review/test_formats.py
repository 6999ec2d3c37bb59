"""A review as SARIF, as workflow commands, as GitLab and JUnit reports, and against a baseline."""

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from layerwise.errors import InvalidInputError
from layerwise.review.baseline import read_baseline, write_baseline
from layerwise.review.formats import as_github, as_gitlab, as_junit
from layerwise.review.run import Review, review
from layerwise.review.sarif import as_sarif

SLEEP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


def _object(required: str, **properties: Any) -> dict[str, Any]:
    """The schema of an object that has no other properties."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 0}
MESSAGE = _object("text", text=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
ARTIFACT = _object("uri", uri={"type": "string", "pattern": "^[!-~]+$"}, uriBaseId=TEXT)
REGION = _object("startLine", startLine=NUMBER, startColumn=NUMBER, endLine=NUMBER, endColumn=NUMBER)
PLACE = _object("artifactLocation", artifactLocation=ARTIFACT, region=REGION)
LOCATION = _object("physicalLocation", physicalLocation=PLACE, message=MESSAGE)
DELETED = _object("charOffset charLength", charOffset=COUNT, charLength=COUNT)
REPLACEMENT = _object("deletedRegion", deletedRegion=DELETED, insertedContent=MESSAGE)
CHANGED = _object(
    "artifactLocation replacements", artifactLocation=ARTIFACT, replacements={**_many(REPLACEMENT), "minItems": 1}
)
# What SARIF 2.1.0 (OASIS) asks of the objects that we write; what it allows beyond that we never write.
SARIF = _object(
    "version runs",
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=_many(
        _object(
            "tool",
            tool=_object(
                "driver",
                driver=_object(
                    "name",
                    name=TEXT,
                    version=TEXT,
                    rules={
                        **_many(
                            _object(
                                "id",
                                id=TEXT,
                                name=TEXT,
                                shortDescription=MESSAGE,
                                fullDescription=MESSAGE,
                                help=_object("text", text=TEXT, markdown=TEXT),
                                properties={"type": "object"},
                            )
                        ),
                        "uniqueItems": True,
                    },
                ),
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            results=_many(
                _object(
                    "message",
                    ruleId=TEXT,
                    level=LEVEL,
                    message=MESSAGE,
                    locations=_many(LOCATION),
                    relatedLocations=_many(LOCATION),
                    partialFingerprints={"type": "object", "additionalProperties": TEXT},
                    properties={"type": "object"},
                    fixes=_many(
                        _object(
                            "artifactChanges",
                            description=MESSAGE,
                            artifactChanges={**_many(CHANGED), "minItems": 1},
                        )
                    ),
                )
            ),
            invocations=_many(
                _object(
                    "executionSuccessful",
                    executionSuccessful={"type": "boolean"},
                    toolExecutionNotifications=_many(_object("message", level=LEVEL, message=MESSAGE)),
                )
            ),
        )
    ),
)


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


def test_sarif_keeps_to_the_standard_for_everything_that_a_review_can_hold() -> None:
    texts = {
        "app/über uns.py": f"{SLEEP}\n\ndef broken(:\n",
        "app/db.py": "async def save() -> None:\n    return None\n",
        "app/jobs.py": "from app.db import save\n\n\nasync def run() -> None:\n    save()\n",
        "app/nul.py": "\0",
    }
    found = review(texts=texts)
    assert found.errors
    assert any(finding.trace for finding in found.findings)
    log = as_sarif(found)
    jsonschema.validate(log, SARIF)
    assert log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()


def test_the_fix_in_sarif_is_the_fix() -> None:
    found = of(SLEEP)
    [fix] = as_sarif(found)["runs"][0]["results"][0]["fixes"]
    [change] = fix["artifactChanges"]
    text = SLEEP
    for part in sorted(change["replacements"], key=lambda part: -part["deletedRegion"]["charOffset"]):
        start = part["deletedRegion"]["charOffset"]
        text = text[:start] + part["insertedContent"]["text"] + text[start + part["deletedRegion"]["charLength"] :]
    assert text == SLEEP.replace("time.sleep", "await asyncio.sleep").replace("import time", "import asyncio")


def test_junit_holds_any_text_and_counts_failures_and_errors() -> None:
    assert ElementTree.fromstring(as_junit(of("x = 1\n"))).get("failures") == "0"
    odd = review(texts={"a<b>&\x01.py": SLEEP, "nul.py": "\0"})
    suites = ElementTree.fromstring(as_junit(odd))
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("2", "1", "1")
    assert [case.get("file") for case in suites.iter("testcase")] == ["a<b>&\ufffd.py", None]


def test_gitlab_rows_have_all_that_the_report_needs_and_fingerprints_of_their_own() -> None:
    rows = json.loads(as_gitlab(of(f"{SLEEP}    time.sleep(2)\n")))
    assert [row["location"]["lines"]["begin"] for row in rows] == [5, 6]
    assert len({row["fingerprint"] for row in rows}) == 2
    assert all(row.keys() == {"description", "check_name", "fingerprint", "severity", "location"} for row in rows)


def test_a_syntax_error_is_never_in_a_baseline() -> None:
    assert read_baseline(write_baseline(of("def broken(:\n").findings)) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "findings": {}}', '{"version": 1}', '{"version": 1, "findings": [1]}']
)
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no baseline"):
        read_baseline(text)
