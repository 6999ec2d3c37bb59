"""Checks that are asked of ruff: in the same answer, under our names, and said to be missing without it."""

import shutil
import stat
from pathlib import Path

import pytest

from layerwise.review import delegated, examination
from layerwise.review.delegated import CHECKS, MISSING, choose_checks, find_checks
from layerwise.review.fixing import fix
from layerwise.review.run import review

MUTABLE = "def add(x: int, seen: list[int] = []) -> list[int]:\n    return [*seen, x]\n"
DEBUG = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n\n\nfrom datetime import datetime\nnow = datetime.now()\n"

needs_ruff = pytest.mark.skipif(delegated.locate_ruff() is None, reason="ruff is not installed")


@needs_ruff
def test_what_ruff_finds_is_in_the_same_answer_under_a_name_of_ours_and_in_order() -> None:
    found = review(texts={"app/a.py": MUTABLE, "app/b.py": DEBUG}, profile="strict")
    told = [(each.path, each.line, each.code, each.name) for each in found.findings]
    assert ("app/a.py", 1, "B006", "mutable-default-argument") in told
    assert ("app/b.py", 9, "DTZ005", "naive-now") in told
    assert ("app/b.py", 5, "AIO001", "blocking-call-in-async") in told
    assert [each.order for each in found.findings] == sorted(each.order for each in found.findings)
    assert all(each.fingerprint for each in found.findings)
    assert "mutable-default-argument" in found.coverage.rules_run


@needs_ruff
@pytest.mark.parametrize("comment", ["# noqa: B006", "# layerwise: ignore[mutable-default-argument] read only"])
def test_our_suppressions_allow_what_ruff_finds(comment: str) -> None:
    text = MUTABLE.replace("\n", f"  {comment}\n", 1)
    found = review(texts={"app/a.py": text}, select=["ruff"])
    assert (found.totals, len(found.suppressed)) == ({}, 1)


@needs_ruff
@pytest.mark.parametrize("key", ["B006", "b006", "mutable-default-argument", "ruff"])
def test_checks_are_chosen_by_code_name_and_the_word_ruff(key: str) -> None:
    assert review(texts={"app/a.py": MUTABLE}, select=[key]).totals == {"mutable-default-argument": 1}
    assert "mutable-default-argument" not in review(texts={"app/a.py": MUTABLE}, profile="strict", ignore=[key]).totals


def test_the_default_profile_asks_ruff_for_nothing_and_security_for_security() -> None:
    assert choose_checks("default", (), ()) == ()
    assert {each.code[0] for each in choose_checks("security", (), ())} == {"S"}
    assert choose_checks("strict", (), ()) == CHECKS == find_checks(["ruff"])
    assert choose_checks("strict", ["AIO001"], ()) == ()


@needs_ruff
def test_ruff_knows_every_check() -> None:
    found = review(texts={"a.py": "x = 1\n"}, select=["ruff"])
    assert found.errors == ()
    assert list(found.coverage.rules_run) == [check.name for check in CHECKS]


@needs_ruff
def test_odd_paths_texts_and_settings_of_ruff_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("exclude = ['*']\n", encoding="utf-8")
    (tmp_path / "ä b.py").write_text(MUTABLE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("def (:\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.layerwise.per-file-ignores]\n"z.py" = ["B006"]\n', encoding="utf-8")
    (tmp_path / "z.py").write_text(MUTABLE, encoding="utf-8")
    found = review(["."], root=tmp_path, profile="strict")
    assert [each.path for each in found.findings if each.code == "B006"] == ["ä b.py"]
    assert found.errors == ()


def test_without_ruff_the_coverage_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "locate_ruff", lambda: None)
    found = review(texts={"app/a.py": MUTABLE}, profile="strict")
    assert found.coverage.rules_skipped["mutable-default-argument"] == MISSING
    assert "mutable-default-argument" not in found.totals


def test_a_ruff_that_fails_is_an_error_and_the_rest_is_reviewed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "ruff"
    broken.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: str(broken))
    found = review(texts={"app/b.py": DEBUG}, profile="strict")
    assert "blocking-call-in-async" in found.totals
    assert [error.rule for error in found.errors] == ["ruff"]


@needs_ruff
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_fix_of_ruffs_is_made_where_ruff_would_make_it(tmp_path: Path, newline: str, mark: str) -> None:
    before = 'def add(x: str = "é", seen=[]):\n    seen.append(x)\n    return seen\n'
    after = 'def add(x: str = "é", seen=None):\n    if seen is None:\n        seen = []\n    seen.append(x)\n    return seen\n'
    (tmp_path / "a.py").write_bytes((mark + before.replace("\n", newline)).encode())
    found = review(["a.py"], root=tmp_path, select=["B006"])
    [finding] = found.findings
    assert finding.fix
    assert (finding.fix.safe, finding.fix.reason) == (
        False,
        "Ruff's own fix: Replace with `None`; initialize within function.",
    )
    assert fix(found, tmp_path).changes == ()
    [change] = fix(found, tmp_path, unsafe=True).changes
    assert change.after == (mark + after.replace("\n", newline)).encode()
