"""Files, folders and diffs reviewed: what is seen, what is not, and what cannot be."""

from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError, OutsideRootError, UnknownNameError
from layerwise.project.index import read_project
from layerwise.review.run import review

SLEEP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"
FINE = "def double(x: int) -> int:\n    return x * 2\n"
CONTEXT = "".join(f" {line}\n" for line in SLEEP.splitlines())
DIFF = f"--- a/app/jobs.py\n+++ b/app/jobs.py\n@@ -1,5 +1,6 @@\n{CONTEXT}+    time.sleep(2)\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in {
        "app/jobs.py": SLEEP,
        "app/fine.py": FINE,
        ".venv/lib/x.py": SLEEP,
        "env/pyvenv.cfg": "",
        "env/y.py": SLEEP,
        "node_modules/z.py": SLEEP,
        "README.md": "time.sleep",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_is_reviewed_without_environments_and_caches(root: Path) -> None:
    result = review(["."], root=root)
    assert [(finding.path, finding.line) for finding in result.findings] == [("app/jobs.py", 5)]
    assert (result.coverage.files, result.totals) == (2, {"blocking-call-in-async": 1})


def test_a_path_outside_the_root_is_refused_and_one_that_is_missing_too(root: Path) -> None:
    (root / "link").symlink_to(root.parent)
    for path in ("..", "/etc/passwd", "link"):
        with pytest.raises(OutsideRootError):
            review([path], root=root)
    with pytest.raises(InvalidInputError):
        review(["app/missing.py"], root=root)
    with pytest.raises(InvalidInputError):
        review(["app"])


def test_files_that_cannot_be_read_are_errors_and_the_others_are_reviewed(root: Path) -> None:
    (root / "app/latin.py").write_bytes(b"name = '\xe9'\n")
    (root / "app/nul.py").write_bytes(b"x = 1\0\n")
    (root / "app/huge.py").write_bytes(b"x = 1\n" * 900_000)
    result = review(["app"], root=root)
    assert sorted(error.path for error in result.errors) == ["app/huge.py", "app/latin.py", "app/nul.py"]
    assert [finding.path for finding in result.findings] == ["app/jobs.py"]


def test_a_diff_is_judged_by_its_added_lines_only(root: Path) -> None:
    (root / "app/jobs.py").write_text(SLEEP + "    time.sleep(2)\n", encoding="utf-8")
    (finding,) = review(diff=DIFF, root=root).findings
    assert (finding.line, finding.fix is not None) == (6, True)


@pytest.mark.parametrize("with_root", [True, False])
def test_a_diff_whose_file_is_not_at_hand_is_reviewed_without_fixes(root: Path, with_root: bool) -> None:
    (finding,) = review(diff=DIFF, root=root if with_root else None).findings
    assert (finding.path, finding.line, finding.fix) == ("app/jobs.py", 6, None)


def test_what_is_no_diff_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="git diff"):
        review(diff="import time\n")


def test_rules_are_chosen_by_name_code_family_and_prefix() -> None:
    texts = {"app/jobs.py": SLEEP}
    for key in ("blocking-call-in-async", "AIO001", "aio001", "async", "AIO"):
        assert review(texts=texts, select=[key]).totals == {"blocking-call-in-async": 1}
        assert review(texts=texts, ignore=[key]).totals == {}
    with pytest.raises(UnknownNameError, match="blocking-call-in-async"):
        review(texts=texts, select=["blocking-call-in-asink"])
    with pytest.raises(UnknownNameError, match="strict"):
        review(texts=texts, profile="strickt")


def test_the_coverage_says_which_rules_did_not_run_and_why() -> None:
    coverage = review(texts={"app/fine.py": FINE}).coverage
    assert coverage.rules_skipped["expire-on-commit-default"] == "no file uses sqlalchemy"
    assert coverage.rules_skipped["test-without-assertion"] == "not in profile default"
    assert "blocking-call-in-async" in coverage.rules_run
    assert any("files that were not given" in blind for blind in coverage.cannot_see)


def test_a_project_rule_sees_the_files_that_are_given_together() -> None:
    texts = {
        "app/db.py": "async def save() -> None:\n    return None\n",
        "app/jobs.py": "from app.db import save\n\n\nasync def run() -> None:\n    save()\n",
    }
    assert [(f.name, f.path, f.line) for f in review(texts=texts).findings] == [
        ("unawaited-coroutine", "app/jobs.py", 5)
    ]


@pytest.mark.parametrize(("locked", "found"), [("1.10.13", 0), ("2.9.0", 1), (None, 1)])
def test_rules_for_newer_libraries_than_the_project_is_locked_to_stay_silent(
    tmp_path: Path, locked: str | None, found: int
) -> None:
    schema = "from pydantic import BaseModel\n\n\nclass User(BaseModel):\n    class Config:\n        extra = 'forbid'\n"
    (tmp_path / "schemas.py").write_text(schema, encoding="utf-8")
    if locked:
        lock = f'[[package]]\nname = "pydantic"\nversion = "{locked}"\n'
        (tmp_path / "uv.lock").write_text(lock, encoding="utf-8")
    result = review(["."], root=tmp_path, project=read_project(tmp_path))
    assert result.totals.get("v1-config-class", 0) == found
    reason = result.coverage.rules_skipped.get("v1-config-class", "")
    assert ("uv.lock has 1.10.13" in reason) == (found == 0)


UPDATE = """from pydantic import BaseModel


class UserUpdate(BaseModel):
    name: str
    email: str
    nick: str | None = None
"""
TAKES = """from fastapi import APIRouter

from app.schemas.user import UserUpdate

router = APIRouter()


@router.{method}("/users/{{user_id}}")
async def change(user_id: int, data: UserUpdate) -> None: ...
"""


@pytest.mark.parametrize(("method", "found"), [("put", 0), ("patch", 2)])
def test_what_only_a_put_takes_may_have_required_fields(method: str, found: int) -> None:
    texts = {"app/schemas/user.py": UPDATE, "app/api/users.py": TAKES.format(method=method)}
    assert review(texts=texts, select=["required-field-in-update-schema"]).totals.get(
        "required-field-in-update-schema", 0
    ) == (found)


@pytest.mark.parametrize(("mode", "found"), [("auto", 0), ("strict", 1)])
def test_async_tests_run_unmarked_where_the_nearest_configuration_says_so(
    tmp_path: Path, mode: str, found: int
) -> None:
    marked = "@pytest.mark.asyncio\nasync def test_{name}() -> None:\n    assert await go()\n\n\n"
    text = "import pytest\n\n\n" + "".join(marked.format(name=name) for name in "ab")
    (tmp_path / "backend/tests").mkdir(parents=True)
    (tmp_path / "backend/tests/test_x.py").write_text(
        f"{text}async def test_c() -> None:\n    assert await go()\n", encoding="utf-8"
    )
    (tmp_path / "backend/pyproject.toml").write_text(
        f'[tool.pytest.ini_options]\nasyncio_mode = "{mode}"\n', encoding="utf-8"
    )
    result = review(["."], root=tmp_path, project=read_project(tmp_path))
    assert result.totals.get("unmarked-async-test", 0) == found


def test_a_draft_is_reviewed_in_the_tree_where_it_will_stand(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/db.py").write_text("async def save() -> None:\n    return None\n", encoding="utf-8")
    (tmp_path / "app/jobs.py").write_text("x = 1\n", encoding="utf-8")
    draft = {"app/jobs.py": "from app.db import save\n\n\nasync def run() -> None:\n    save()\n"}
    found = review(texts=draft, root=tmp_path)
    assert found.totals == {"unawaited-coroutine": 1}
    assert not any("files that were not given" in blind for blind in found.coverage.cannot_see)
    assert review(texts=draft).totals == {}
    found = review(texts={"app/db.py": "def save() -> None:\n    return None\n", **draft}, root=tmp_path)
    assert found.totals == {}


def test_one_suppression_may_name_a_file_rule_and_a_project_rule_and_is_unused_only_without_both() -> None:
    db = {"app/db.py": "async def save() -> None:\n    return None\n"}
    line = "    save()  # layerwise: ignore[blocking-call-in-async, unawaited-coroutine] later\n"
    head = "from app.db import save\n\n\nasync def run() -> None:\n"
    used = review(texts={**db, "app/jobs.py": head + line})
    assert (used.totals, len(used.suppressed)) == ({}, 1)


def test_an_unused_suppression_of_a_project_rule_is_reported_where_the_project_is_seen(root: Path) -> None:
    comment = "x = 1  # layerwise: ignore[unawaited-coroutine] gone\n"
    (root / "app/jobs.py").write_text(comment, encoding="utf-8")
    assert review(["."], root=root).totals == {"unused-suppression": 1}
    assert review(texts={"app/jobs.py": comment}).totals == {}
