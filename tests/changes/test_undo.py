"""Undo: byte for byte back, or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.changes.apply import apply
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.undo import undo
from layerwise.errors import ConflictError, UnknownNameError

Make = Callable[..., ChangeSet]
ReadTree = Callable[[Path], dict[str, tuple[int, bytes | None]]]


def test_the_tree_is_byte_for_byte_as_before(root: Path, change: Make, tree_of: ReadTree) -> None:
    before = tree_of(root)
    after = {"a/b/c/new.py": b"1", "a/x.py": b"2", "run.sh": None, "legacy.py": b"", "app/main.py": None}
    applied = apply(change(after, record={"name": "thing"}))
    undone = undo(root)
    assert tree_of(root) == before
    assert not (root / ".layerwise").exists()
    assert undone.id == applied.id
    assert undone.deleted == applied.created
    assert undone.created == applied.deleted


PATHS = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "c/") for name in ("x.py", "y.py")]
CONTENTS = st.none() | st.binary(max_size=20)


@settings(max_examples=25)
@given(
    start=st.dictionaries(st.sampled_from(PATHS), CONTENTS),
    steps=st.lists(st.dictionaries(st.sampled_from(PATHS), CONTENTS), max_size=3),
    data=st.data(),
)
def test_undoing_any_row_of_change_sets_retraces_every_tree(
    start: dict[str, bytes | None],
    steps: list[dict[str, bytes | None]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
    tree_of: ReadTree,
) -> None:
    root = tmp_path_factory.mktemp("project")
    for path, content in start.items():
        if content is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    trees = [tree_of(root)]
    for step in steps:
        held = {path: (root / path).read_bytes() if (root / path).exists() else None for path in step}
        name = data.draw(st.sampled_from(["", "one", "two"]))
        record = {"name": name} if name else {}
        apply(ChangeSet(root, tuple(Change(path, held[path], step[path]) for path in step), record=record))
        if tree_of(root) != trees[-1]:
            trees.append(tree_of(root))
    while len(trees) > 1:
        trees.pop()
        undo(root)
        assert tree_of(root) == trees[-1]
    assert not (root / ".layerwise").exists()


def test_a_root_that_was_made_goes_with_its_last_change_set(tmp_path: Path) -> None:
    root = tmp_path / "fresh"
    apply(ChangeSet(root, (Change("app/main.py", None, b"x"),)))
    undo(root)
    assert not root.exists()


def test_what_python_compiled_does_not_keep_a_folder_alive(root: Path, change: Make) -> None:
    apply(change({"users/model.py": b""}))
    (root / "users/__pycache__").mkdir()
    (root / "users/__pycache__/model.cpython-311.pyc").write_bytes(b"")
    undo(root)
    assert not (root / "users").exists()


def test_a_folder_that_got_other_files_stays(root: Path, change: Make) -> None:
    apply(change({"users/model.py": b""}))
    (root / "users/mine.py").write_bytes(b"mine")
    undo(root)
    assert [item.name for item in (root / "users").iterdir()] == ["mine.py"]


def test_a_file_kept_beside_the_journal_comes_back_too(root: Path, change: Make, tree_of: ReadTree) -> None:
    (root / ".layerwise").mkdir()
    (root / ".layerwise/conventions.toml").write_bytes(b"")
    before = tree_of(root)
    apply(change({".layerwise/conventions.toml": None}))
    undo(root)
    assert tree_of(root) == before


def test_an_edited_file_is_named_and_nothing_is_written(root: Path, change: Make, tree_of: ReadTree) -> None:
    applied = apply(change({"new.py": b"1", "legacy.py": b"2", "run.sh": None}))
    (root / "new.py").write_bytes(b"mine")
    (root / "run.sh").write_bytes(b"mine")
    before = tree_of(root)
    with pytest.raises(ConflictError, match=rf"since change set {applied.id} was applied: new.py, run.sh\. Nothing"):
        undo(root)
    assert tree_of(root) == before


def test_the_set_named_is_taken_back_and_others_stay(root: Path, change: Make) -> None:
    first = apply(change({"one.py": b"1"}))
    apply(change({"two.py": b"2"}))
    undo(root, first.id)
    assert not (root / "one.py").exists()
    assert (root / "two.py").exists()


def test_a_later_set_on_the_same_files_must_go_first(root: Path, change: Make) -> None:
    first = apply(change({"app/main.py": b"1"}))
    second = apply(change({"app/main.py": b"2"}))
    with pytest.raises(ConflictError, match=f"app/main.py. Nothing was written. Undo first: {second.id}"):
        undo(root, first.id)
    undo(root)
    undo(root)
    assert (root / "app/main.py").read_bytes() == b"import app\n"


def test_an_unknown_id_is_refused_with_the_known_ones(root: Path, change: Make) -> None:
    applied = apply(change({"one.py": b"1"}))
    with pytest.raises(UnknownNameError, match=f"Known: {applied.id}"):
        undo(root, "0123456789ab")


def test_nothing_to_undo_is_said_and_leaves_no_trace(root: Path) -> None:
    with pytest.raises(ConflictError, match="nothing to undo"):
        undo(root)
    assert not (root / ".layerwise").exists()


def test_damaged_old_bytes_are_not_put_back(root: Path, change: Make) -> None:
    apply(change({"app/main.py": b"new"}))
    (saved,) = (root / ".layerwise/journal").glob("*/old/0")
    saved.write_bytes(b"rot")
    with pytest.raises(ConflictError, match=r"app/main\.py .* damaged"):
        undo(root)
    assert (root / "app/main.py").read_bytes() == b"new"


def test_the_journal_keeps_the_newest_fifty(root: Path, change: Make) -> None:
    for number in range(53):
        apply(change({"counter.py": str(number).encode()}))
    for _ in range(50):
        undo(root)
    assert (root / "counter.py").read_bytes() == b"2"
    with pytest.raises(ConflictError, match="nothing to undo"):
        undo(root)
