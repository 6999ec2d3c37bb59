"""The folders that a door may look at, hostile names and links included."""

from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError, LayerwiseError, OutsideRootError
from layerwise.jobs import Jobs
from layerwise.roots import Roots, find_roots


@pytest.fixture
def tangled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with links that lead to each other, and one that leads outside."""
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "backend").mkdir(parents=True)
    (root / "backend" / "app.py").write_text("x = 1\n", encoding="utf-8")
    for name, target in (("here", "there"), ("there", "here"), ("here.py", "there.py"), ("there.py", "here.py")):
        (root / name).symlink_to(root / target)
    (root / "out").symlink_to(tmp_path)
    return root.resolve()


def test_a_folder_inside_a_root_is_chosen_by_its_name(tangled: Path) -> None:
    assert Roots((tangled,)).choose("backend") == tangled / "backend"
    assert Roots((tangled,)).choose(str(tangled / "backend")) == tangled / "backend"
    assert Roots((tangled,)).choose() == tangled


@pytest.mark.parametrize("project", ["..", "/", "out", "here", "~"])
def test_what_leads_outside_or_in_circles_is_refused(tangled: Path, project: str) -> None:
    with pytest.raises(OutsideRootError, match="outside the project roots"):
        Roots((tangled,)).choose(project)


@pytest.mark.parametrize(
    "project", ["nowhere", "backend/app.py", "a\0b", "\ud800", "x" * 300, "x/" * 9_000, "no/" + "x" * 300]
)
def test_what_is_no_folder_is_refused(tangled: Path, project: str) -> None:
    with pytest.raises(InvalidInputError):
        Roots((tangled,)).choose(project)


def test_the_command_line_goes_before_the_host_and_the_host_before_the_working_directory(tangled: Path) -> None:
    named = {"CLAUDE_PROJECT_DIR": str(tangled)}
    assert find_roots([str(tangled / "backend")], named).paths == (tangled / "backend",)
    assert find_roots([], named).paths == (tangled,)
    assert find_roots([], {}).paths == (Path.cwd(),)


def test_a_tree_of_tangled_links_is_reviewed_and_inspected_all_the_same(tangled: Path) -> None:
    jobs = Jobs(Roots((tangled,)))
    assert jobs.review(paths=["backend"]).data["findings"] == []
    assert [error["path"] for error in jobs.review(paths=["."]).data["errors"]] == ["here.py", "there.py"]
    assert jobs.inspect().data["facts"]["files"] == 1


@pytest.mark.parametrize("path", ["a\0b.py", "here", "out", "../x.py"])
def test_a_hostile_path_to_review_is_explained(tangled: Path, path: str) -> None:
    with pytest.raises(LayerwiseError):
        Jobs(Roots((tangled,))).review(paths=[path])


@pytest.mark.parametrize("path", ["a\0b.py", "here.py", "out/x.py", "../x.py"])
def test_a_diff_of_a_hostile_path_is_reviewed_as_far_as_it_shows(tangled: Path, path: str) -> None:
    diff = f"--- a/{path}\n+++ b/{path}\n@@ -0,0 +1 @@\n+x = 1\n"
    assert Jobs(Roots((tangled,))).review(diff=diff).data["findings"] == []
