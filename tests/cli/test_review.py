"""`layerwise review` where teams run it: formats, baselines, changed lines, fixes, hooks."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from layerwise.cli.parser import build_parser
from layerwise.cli.review import FORMATS
from layerwise.review.formats import RENDERERS

Run = Callable[..., Any]

SLOW = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"
WORSE = SLOW + "    time.sleep(2)\n"
TOP = Path(__file__).parents[2]


@pytest.fixture
def slow() -> Path:
    """A file with one finding that has a safe fix."""
    path = Path("slow.py")
    path.write_text(SLOW, encoding="utf-8")
    return path


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git in the project, without the user's settings."""

    def run_git(*arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout

    return run_git


def lines(done: Any) -> list[int]:
    return [finding["line"] for finding in json.loads(done.out)["findings"]]


def test_every_format_of_the_command_line_can_be_rendered() -> None:
    assert {*FORMATS} == {"text", "json", *RENDERERS}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_the_finding_and_the_exit_code_stays(run: Run, slow: Path, form: str) -> None:
    done = run("review", "--format", form)
    assert done.code == 1
    assert "slow.py" in done.out
    assert "blocking-call-in-async" in done.out
    slow.unlink()
    clean = run("review", "--format", form)
    assert clean.code == 0
    assert "slow.py" not in clean.out


def test_machine_formats_are_whole_documents_even_with_a_fix_preview(run: Run, slow: Path) -> None:
    assert json.loads(run("review", "--format", "sarif", "--fix", "--preview").out)["version"] == "2.1.0"
    [row] = json.loads(run("review", "--format", "gitlab").out)
    assert (row["severity"], row["location"]) == ("major", {"path": "slow.py", "lines": {"begin": 5}})
    assert ElementTree.fromstring(run("review", "--format", "junit").out).get("failures") == "1"
    assert slow.read_text(encoding="utf-8") == SLOW


def test_a_file_that_cannot_be_read_is_an_error_in_every_format_and_the_exit_code(run: Run) -> None:
    Path("latin.py").write_bytes(b"# -*- coding: utf-8 -*-\nname = '\xe9'\n")
    for form in FORMATS:
        done = run("review", "--format", form)
        assert (done.code, "latin.py" in done.out) == (2, True), form


def test_a_baseline_is_written_once_hides_what_it_holds_and_only_shrinks(run: Run, slow: Path) -> None:
    baseline = Path(".layerwise/baseline.json")
    assert run("review", "--baseline").code == 0
    first = json.loads(baseline.read_text(encoding="utf-8"))["findings"]
    assert list(first.values()) == ["slow.py blocking-call-in-async"]
    slow.write_text("# moved\n" + WORSE, encoding="utf-8")
    worse = run("review", "--baseline", "--json")
    assert (worse.code, lines(worse)) == (1, [7])
    assert json.loads(baseline.read_text(encoding="utf-8"))["findings"] == first
    slow.write_text("x = 1\n", encoding="utf-8")
    better = run("review", "--baseline")
    assert (better.code, "taken out" in better.out) == (0, True)
    assert json.loads(baseline.read_text(encoding="utf-8"))["findings"] == {}


def test_a_baseline_keeps_what_a_narrower_review_cannot_judge(run: Run, slow: Path) -> None:
    run("review", "--baseline", "b.json")
    held = Path("b.json").read_text(encoding="utf-8")
    Path("other.py").write_text("x = 1\n", encoding="utf-8")
    assert run("review", "other.py", "--baseline", "b.json").code == 0
    assert run("review", "--baseline", "b.json", "--select", "AIO005").code == 0
    assert Path("b.json").read_text(encoding="utf-8") == held
    slow.unlink()
    run("review", "--baseline", "b.json")
    assert json.loads(Path("b.json").read_text(encoding="utf-8"))["findings"] == {}


@pytest.mark.parametrize("name", ["../b.json", "slow.py"])
def test_a_baseline_outside_the_project_or_of_another_kind_is_refused(run: Run, slow: Path, name: str) -> None:
    done = run("review", "--baseline", name)
    assert (done.code, done.out) == (2, "")
    assert slow.read_text(encoding="utf-8") == SLOW


def test_diff_judges_changed_lines_and_new_files_only(run: Run, slow: Path, git: Callable[..., str]) -> None:
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    assert lines(run("review", "--diff", "--json")) == []
    slow.write_text(WORSE, encoding="utf-8")
    Path("größe.py").write_text(SLOW, encoding="utf-8")
    assert sorted(lines(run("review", "--diff", "--json"))) == [5, 6]
    git("add", ".")
    assert sorted(lines(run("review", "--diff", "--json"))) == [5, 6]


def test_since_judges_what_the_branch_changed_and_not_what_the_other_did(
    run: Run, slow: Path, git: Callable[..., str]
) -> None:
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "feature")
    Path("new.py").write_text(SLOW, encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "feature")
    git("checkout", "-q", "main")
    slow.write_text("x = 1\n", encoding="utf-8")
    git("commit", "-qam", "main went on")
    git("checkout", "-q", "feature")
    found = json.loads(run("review", "--since", "main", "--json").out)["findings"]
    assert [(each["path"], each["line"]) for each in found] == [("new.py", 5)]
    assert len(json.loads(run("review", "--diff", "main", "--json").out)["findings"]) > 1
    assert run("review", "--since", "nowhere").code == 2


def test_a_fix_preview_writes_nothing_and_can_be_applied_by_its_id(run: Run, slow: Path) -> None:
    preview = json.loads(run("review", "--fix", "--preview", "--json").out)["changes"]
    assert slow.read_text(encoding="utf-8") == SLOW
    assert "+    await asyncio.sleep(1)" in preview["diff"]
    assert run("apply", preview["id"]).code == 0
    assert "await asyncio.sleep(1)" in slow.read_text(encoding="utf-8")


def test_after_fixing_the_exit_code_and_the_findings_are_of_what_is_left(run: Run, slow: Path) -> None:
    done = run("review", "--fix")
    assert done.code == 0
    assert "+    await asyncio.sleep(1)" in done.out
    assert "layerwise undo" in done.out
    slow.write_text("import subprocess\n\n\nasync def f() -> None:\n    subprocess.run(['ls'])\n", encoding="utf-8")
    left = run("review", "--fix", "--json")
    assert (left.code, lines(left)) == (1, [5])


def test_how_to_fix_without_fixing_is_refused(run: Run, slow: Path) -> None:
    for option in ("--unsafe-fixes", "--preview"):
        done = run("review", option)
        assert (done.code, "--fix" in done.err) == (2, True)


def test_rules_are_chosen_in_lists_and_a_wrong_one_is_answered_with_the_nearest(run: Run, slow: Path) -> None:
    assert lines(run("review", "--select", "AIO001,AIO005", "--json")) == [5]
    assert run("review", "--ignore", "async").code == 0
    done = run("review", "--select", "blocking-call-in-asink")
    assert (done.code, "blocking-call-in-async" in done.err) == (2, True)


def test_the_hooks_for_pre_commit_are_commands_that_exist() -> None:
    hooks = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        assert program == "layerwise"
        build_parser().parse_args([*arguments, "a.py", "b.py"])
        assert hook["require_serial"] is True


def test_a_check_of_ruffs_is_listed_and_explained(run: Run) -> None:
    assert "mutable-default-argument" in run("rules").out
    done = run("explain", "B006")
    assert (done.code, "ruff rule B006" in done.out) == (0, True)
    assert json.loads(run("explain", "b006", "--json").out)["rule"]["name"] == "mutable-default-argument"
