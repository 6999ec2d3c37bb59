"""Reviews kept between runs: the same answer as a fresh one, whatever has changed in between."""

from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.project.fingerprint import read_versions
from layerwise.review import engine, pool
from layerwise.review.examination import Examination
from layerwise.review.given import gather
from layerwise.review.manner import choose_manner
from layerwise.review.pool import review_texts
from layerwise.review.record import read_file, read_finding, record_file
from layerwise.review.review import Review
from layerwise.review.run import review
from layerwise.review.store import Store

DB = "async def save() -> None:\n    return None\n"
JOBS = (
    "import time\n\nfrom app.db import save\n\n\nasync def run() -> None:\n    save()\n"
    "    time.sleep(1)\n    time.sleep(2)  # layerwise: ignore[AIO001] short\n"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with findings of both kinds, and a cache folder of its own."""
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    for path, text in {"app/db.py": DB, "app/jobs.py": JOBS, "app/broken.py": "def broken(:\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def fresh(root: Path, select: tuple[str, ...] = ()) -> Review:
    """The review of the folder as if nothing were kept."""
    manner = choose_manner(root, select=select, versions=read_versions(root))
    return Examination(gather(["."], {}, None, root), manner, root).examine()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are looked at while the test runs."""
    seen: list[str] = []

    def watch(text: str, path: str, **options: object) -> object:
        seen.append(path)
        return engine.inspect_text(text, path, **options)

    monkeypatch.setattr(pool, "inspect_text", watch)
    return seen


def test_the_second_review_is_the_first_and_looks_at_nothing(root: Path, looks: list[str]) -> None:
    first = review(["."], root=root)
    assert first.totals == {"blocking-call-in-async": 1, "syntax-error": 1, "unawaited-coroutine": 1}
    assert sorted(looks) == ["app/broken.py", "app/db.py", "app/jobs.py"]
    looks.clear()
    second = review(["."], root=root)
    assert looks == []
    assert (second.as_dict(), second.texts) == (first.as_dict(), first.texts) == (fresh(root).as_dict(), first.texts)
    assert second.again(second.texts, ["app/jobs.py"])


def test_after_an_edit_only_the_edited_file_is_looked_at(root: Path, looks: list[str]) -> None:
    review(["."], root=root)
    looks.clear()
    (root / "app/db.py").write_text("def save() -> None:\n    return None\n", encoding="utf-8")
    edited = review(["."], root=root)
    assert looks == ["app/db.py"]
    assert edited.totals == {"blocking-call-in-async": 1, "syntax-error": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "app/jobs.py").write_text("x = 1\n", encoding="utf-8"),
        lambda root: (root / "app/new.py").write_text(JOBS, encoding="utf-8"),
        lambda root: (root / "app/jobs.py").unlink(),
        lambda root: (root / "app/jobs.py").rename(root / "app/test_jobs.py"),
        lambda root: (root / "app/jobs.py").write_bytes(b"\xff"),
        lambda root: (root / "pyproject.toml").write_text('[tool.layerwise]\nignore = ["AIO001"]\n', encoding="utf-8"),
        lambda root: (root / "requirements.txt").write_text("fastapi==0.100\n", encoding="utf-8"),
    ],
    ids=["edited", "added", "removed", "renamed", "unreadable", "settings", "versions"],
)
def test_whatever_changes_the_answer_is_that_of_a_fresh_look(root: Path, change: Callable[[Path], object]) -> None:
    review(["."], root=root)
    change(root)
    assert review(["."], root=root).as_dict() == fresh(root).as_dict()


def test_another_choice_of_rules_is_another_answer(root: Path) -> None:
    review(["."], root=root)
    assert review(["."], root=root, select=["AIO001"]).as_dict() == fresh(root, ("AIO001",)).as_dict()
    assert review(["app/db.py"], root=root).findings == ()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"state": 1}', "\udcff"])
def test_a_damaged_store_counts_as_none(root: Path, tmp_path: Path, damage: str) -> None:
    expected = review(["."], root=root).as_dict()
    [place] = (tmp_path / "cache/reviews").iterdir()
    place.write_text(damage, encoding="utf-8", errors="surrogateescape")
    assert review(["."], root=root).as_dict() == expected


def test_damaged_records_count_as_none(root: Path) -> None:
    store = Store(root)
    given = gather(["."], {}, None, root)
    examination = Examination(given, choose_manner(root), root, store=store)
    expected = examination.examine().as_dict()
    for key in list(store._files):
        store.keep_file(key, {"findings": [{"code": "AIO001"}]})
    assert examination.examine().as_dict() == expected


def test_a_cache_folder_that_cannot_be_written_is_done_without(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    assert review(["."], root=root).totals == review(["."], root=root).totals


def test_a_record_gives_back_what_it_was_made_from(root: Path) -> None:
    found = fresh(root)
    assert tuple(read_finding(each.as_dict()) for each in found.findings) == found.findings
    manner = choose_manner(root)
    for each in review_texts({"app/jobs.py": JOBS}, manner):
        assert each.suppressions
        assert read_file("app/jobs.py", record_file(each)) == each


def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"app/jobs_{number}.py": JOBS for number in range(4)}
    manner = choose_manner(None)
    alone = review_texts(texts, manner)
    monkeypatch.setattr(pool, "_LARGE", 1)
    monkeypatch.setattr(pool, "_BATCH", len(JOBS) + 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert review_texts(texts, manner) == alone
