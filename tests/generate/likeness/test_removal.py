"""A resource made in a project's own style is taken out again, or what stands in the way is named."""

import shutil
from pathlib import Path

import pytest

from layerwise.__main__ import main

pytestmark = pytest.mark.slow

PROJECTS = Path(__file__).parents[2] / "projects"
FIELDS = "subject:str(80), rank:int, project:ref(Project)"


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    made = tmp_path / "project"
    shutil.copytree(PROJECTS / "crud_functions", made, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    generate(made, "Comment", FIELDS)
    return made


def generate(root: Path, name: str, fields: str) -> None:
    assert main(["generate", name, "--fields", fields, "--root", str(root), "--apply"]) == 0


def remove(root: Path, *words: str) -> int:
    return main(["remove", *words, "--root", str(root), "--apply"])


def test_what_was_written_elsewhere_in_a_shared_file_stays(root: Path) -> None:
    shared = root / "app/main.py"
    untouched = (PROJECTS / "crud_functions/app/main.py").read_text()
    shared.write_text("# First.\n" + shared.read_text() + "# Last.\n")

    assert remove(root, "Comment") == 0

    assert shared.read_text() == f"# First.\n{untouched}# Last.\n"


def test_an_edited_file_is_refused_by_its_name_unless_forced(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = root / "app/crud/comment.py"
    own.write_text(own.read_text() + "\n\nLIMIT = 3\n")

    assert remove(root, "Comment") == 1
    assert "app/crud/comment.py was edited since it was generated" in capsys.readouterr().out
    assert own.exists()

    assert remove(root, "Comment", "--force") == 0
    assert not own.exists()


def test_a_shared_file_edited_where_the_resource_was_added_is_refused_by_its_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = root / "app/main.py"
    shared.write_text(shared.read_text().replace("comments.router", "comments.router, deprecated=True"))
    edited = shared.read_text()

    assert remove(root, "Comment", "--force") == 1

    assert "app/main.py was edited where the resource was added to it" in capsys.readouterr().out
    assert shared.read_text() == edited


def test_code_that_still_uses_the_resource_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "app/report.py").write_text("from app.models.comment import Comment\n\nMODELS = [Comment]\n")

    assert remove(root, "Comment") == 1

    assert "app/report.py still imports from app/models/comment.py" in capsys.readouterr().out


def test_resources_that_build_on_each_other_go_in_reverse_order(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = {path: path.read_bytes() for path in root.rglob("*.py")}
    generate(root, "Answer", "text:str(80), rank:int, comment:ref(Comment)")

    assert remove(root, "Comment") == 1
    assert "Answer.comment refers to Comment" in capsys.readouterr().out

    assert remove(root, "Answer") == 0
    assert {path: path.read_bytes() for path in root.rglob("*.py")} == first
    assert remove(root, "Comment") == 0
    assert not (root / ".layerwise/manifest.json").exists()


def test_parts_of_the_resource_are_left_to_the_project(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert remove(root, "Comment", "rank") != 0
    assert "Layerwise cannot change parts of it" in capsys.readouterr().err
