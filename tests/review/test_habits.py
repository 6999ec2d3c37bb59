"""What a file does throughout is said once, with every place; a diff that touches one of the places hears of it."""

from layerwise.review.run import review

ROUTE = """
@router.get("/{name}")
async def {name}(session: Session = Depends(get_db)) -> list[str]:
    return session.scalars(select(User.{name})).all()

"""
HEAD = """from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

router = APIRouter()

"""
UTC = "from datetime import datetime\n\n\ndef times() -> list[datetime]:\n    return [\n{rows}    ]\n"


def routes(count: int) -> str:
    return HEAD + "".join(ROUTE.replace("{name}", f"column_{number}") for number in range(count))


def test_a_few_places_are_findings_of_their_own_and_many_are_one() -> None:
    for count, wanted in ((3, 3), (4, 1), (9, 1)):
        result = review(texts={"app/api/users.py": routes(count)}, select=["db-access-in-route"])
        assert len(result.findings) == wanted
        places = {finding.line for finding in result.findings} | {
            step.line for finding in result.findings for step in finding.trace
        }
        assert len(places) == count
    (finding,) = result.findings
    assert finding.message.endswith("; 8 more in this file.")


def test_one_finding_for_many_places_mends_them_all_at_once() -> None:
    text = UTC.format(rows="        datetime.utcnow(),\n" * 5)
    (finding,) = review(texts={"app/clock.py": text}, select=["naive-utcnow"]).findings
    assert finding.fix is not None
    assert len([edit for edit in finding.fix.edits if "timezone.utc" in edit.text or edit.text == "now"]) >= 5


def test_a_diff_that_adds_one_of_the_places_is_told() -> None:
    before = routes(5).splitlines(keepends=True)
    added = ROUTE.replace("{name}", "late").splitlines(keepends=True)
    start = len(before)
    context = "".join(f" {line}" for line in before[-2:])
    hunk = f"@@ -{start - 1},2 +{start - 1},{2 + len(added)} @@\n{context}" + "".join(f"+{line}" for line in added)
    diff = f"--- a/app/api/users.py\n+++ b/app/api/users.py\n{hunk}"
    texts = {"app/api/users.py": "".join([*before, *added])}
    result = review(texts=texts, diff=diff, select=["db-access-in-route"])
    assert [finding.name for finding in result.findings] == ["db-access-in-route"]
