"""Pending change sets: kept outside the project, given back unharmed or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import WriteError
from layerwise.changes.store import find_cache, load, save
from layerwise.errors import ConflictError, InvalidInputError, UnknownNameError

Make = Callable[..., ChangeSet]
ReadTree = Callable[[Path], dict[str, tuple[int, bytes | None]]]


def test_what_was_saved_is_loaded_and_the_project_is_not_touched(
    root: Path, change: Make, cache: Path, tree_of: ReadTree
) -> None:
    before = tree_of(root)
    pending = change(
        {"legacy.py": b"\xff\r\n", "new.py": b"", "run.sh": None},
        issues=("i",),
        warnings=("w",),
        notices=("n",),
        next_steps=("s",),
        evidence={"types": {"mypy": True}},
        record={"name": "thing", "spec": {"fields": ["a: int"]}},
    )
    assert load(save(pending), root) == pending
    assert tree_of(root) == before
    (kept,) = cache.rglob("*.json")
    assert (kept.parent.stat().st_mode | kept.stat().st_mode) & 0o077 == 0


SIDES = st.none() | st.binary(max_size=30)


@given(st.lists(st.tuples(st.text(max_size=20), SIDES, SIDES), max_size=5))
def test_the_id_depends_on_the_changes_alone_and_not_on_their_order(rows: list[tuple[str, bytes, bytes]]) -> None:
    unique = list({path: Change(path, before, after) for path, before, after in rows}.values())
    one = ChangeSet(Path("here"), tuple(unique), notices=("told",))
    other = ChangeSet(Path("there"), tuple(reversed(unique)), record={"name": "thing"})
    assert one.id == other.id
    assert one.id != ChangeSet(Path("here"), (*unique, Change("one more", None, b""))).id


def test_an_unknown_id_is_refused_with_the_nearest_of_this_root(root: Path, change: Make, cache: Path) -> None:
    known = save(change({"new.py": b""}))
    typo = ("0" if known[0] != "0" else "1") + known[1:]
    with pytest.raises(UnknownNameError, match=f"Did you mean '{known}'"):
        load(typo, root)
    with pytest.raises(UnknownNameError, match=r"Known: none.*belong to the root"):
        load(known, root.parent)


@pytest.mark.parametrize("id", ["", "../../x", "0" * 5000, "\0", "ABCDEFABCDEF"])
def test_a_hostile_id_is_an_unknown_one(root: Path, cache: Path, id: str) -> None:  # noqa: A002
    with pytest.raises(UnknownNameError) as refusal:
        load(id, root)
    assert len(str(refusal.value)) < 400


def test_a_damaged_file_is_said_to_be_damaged(root: Path, change: Make, cache: Path) -> None:
    pending = save(change({"new.py": b"content"}))
    (path,) = cache.rglob("*.json")
    whole = path.read_text()
    for damaged in (whole[:-10], "", "[]", "null", '{"root": 1}', whole.replace('"changes": [', '"changes": [3, ')):
        path.write_text(damaged)
        with pytest.raises(ConflictError, match=r"is damaged .* Preview again"):
            load(pending, root)


def test_tampered_contents_do_not_pass_for_the_id(root: Path, change: Make, cache: Path) -> None:
    pending = save(change({"new.py": b"content"}))
    (path,) = cache.rglob("*.json")
    document = json.loads(path.read_text())
    document["changes"][0][0] = "other.py"
    path.write_text(json.dumps(document))
    with pytest.raises(ConflictError, match="does not match its id or root"):
        load(pending, root)


def test_the_newest_fifty_of_a_root_are_kept(root: Path, change: Make, cache: Path) -> None:
    ids = [save(change({f"n{number}.py": b""})) for number in range(53)]
    assert len(list(cache.rglob("*.json"))) == 50
    load(ids[-1], root)
    load(ids[3], root)
    with pytest.raises(UnknownNameError):
        load(ids[2], root)


def test_a_record_that_is_not_json_is_refused(change: Make, cache: Path) -> None:
    with pytest.raises(InvalidInputError, match="must be JSON-ready"):
        save(change({"new.py": b""}, record={"name": object()}))


def test_a_cache_that_cannot_be_written_is_named_with_the_way_out(
    change: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(WriteError, match="Set LAYERWISE_CACHE_DIR to a writable folder"):
        save(change({"new.py": b""}))


def test_the_cache_is_where_the_user_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAYERWISE_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_cache() == tmp_path / "layerwise"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_cache() == tmp_path / ".cache/layerwise"
