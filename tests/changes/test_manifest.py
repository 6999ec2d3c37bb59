"""The manifest: what was generated, kept true by applying and undoing."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.changeset import ChangeSet
from layerwise.changes.manifest import read_manifest
from layerwise.changes.undo import undo
from layerwise.errors import InvalidInputError

Make = Callable[..., ChangeSet]
USER = {"name": "user", "spec": {"fields": ["email: str"]}, "blueprint": "resource", "version": "1.0"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_generation_is_recorded_with_the_hash_of_every_file(root: Path, change: Make) -> None:
    apply(change({"app/user.py": b"user", "app/main.py": b"wired", "legacy.py": None}, record=USER))
    manifest = read_manifest(root)
    generation = manifest.generations["user"]
    assert generation.record == USER
    assert (generation.created, generation.edited) == (("app/user.py",), ("app/main.py",))
    assert manifest.hashes == {"app/user.py": digest(b"user"), "app/main.py": digest(b"wired")}


def test_a_file_that_two_generations_edit_has_one_hash(root: Path, change: Make) -> None:
    apply(change({"app/main.py": b"one"}, record={"name": "one"}))
    apply(change({"app/main.py": b"two"}, record={"name": "two"}))
    manifest = read_manifest(root)
    assert set(manifest.generations) == {"one", "two"}
    assert manifest.hashes == {"app/main.py": digest(b"two")}


def test_generating_again_brings_the_record_up_to_date(root: Path, change: Make) -> None:
    apply(change({"a.py": b"1", "b.py": b"1", "c.py": b"1"}, record=USER))
    apply(change({"a.py": b"2", "b.py": None, "d.py": b"2"}, record={**USER, "version": "2.0"}))
    generation = read_manifest(root).generations["user"]
    assert generation.record["version"] == "2.0"
    assert generation.created == ("a.py", "c.py", "d.py")
    assert read_manifest(root).hashes == {"a.py": digest(b"2"), "c.py": digest(b"1"), "d.py": digest(b"2")}


def test_several_generations_at_once_have_each_their_own_files(root: Path, change: Make) -> None:
    records = [
        {"name": "base", "created": ["main.py"], "edited": []},
        {"name": "user", "created": ["user.py"], "edited": ["main.py"]},
    ]
    apply(change({"main.py": b"1", "user.py": b"1"}, record={"records": records}))
    generations = read_manifest(root).generations
    assert (generations["base"].created, generations["base"].edited) == (("main.py",), ())
    assert (generations["user"].created, generations["user"].edited) == (("user.py",), ("main.py",))
    assert generations["user"].record == {"name": "user"}


def test_a_file_that_was_edited_stays_marked_so_when_it_is_generated_on(root: Path, change: Make) -> None:
    apply(change({"a.py": b"1"}, record=USER))
    (root / "a.py").write_bytes(b"1 and mine")
    apply(change({"a.py": b"2 and mine"}, record=USER))
    assert read_manifest(root).hashes == {"a.py": digest(b"1")}


def test_removing_the_last_generation_removes_the_manifest(root: Path, change: Make) -> None:
    apply(change({"a.py": b"1"}, record=USER))
    apply(change({"a.py": None}, record={"removes": "user"}))
    assert not (root / ".layerwise/manifest.json").exists()


def test_a_fix_leaves_the_manifest_alone(root: Path, change: Make) -> None:
    apply(change({"a.py": b"1"}, record=USER))
    before = (root / ".layerwise/manifest.json").read_bytes()
    apply(change({"a.py": b"fixed"}))
    assert (root / ".layerwise/manifest.json").read_bytes() == before


def test_undoing_restores_the_bytes_of_the_manifest(root: Path, change: Make) -> None:
    path = root / ".layerwise/manifest.json"
    apply(change({"a.py": b"1"}, record=USER))
    path.write_text(json.dumps(json.loads(path.read_text())))
    before = path.read_bytes()
    apply(change({"b.py": b"1"}, record={"name": "other"}))
    assert path.read_bytes() != before
    undo(root)
    assert path.read_bytes() == before


def test_the_same_generation_again_writes_nothing(root: Path, change: Make) -> None:
    apply(change({"a.py": b"1"}, record=USER))
    entries = list((root / ".layerwise/journal").iterdir())
    again = apply(change({"a.py": b"1"}, record=USER))
    assert (again.created, again.modified) == ((), ())
    assert list((root / ".layerwise/journal").iterdir()) == entries


MALFORMED = {
    b"{": "is not JSON",
    b"\xff": "is not JSON",
    b"[]": "has version None",
    b'{"version": 9}': "has version 9",
    b'{"version": 1, "generations": [], "hashes": {}}': "needs 'generations' and 'hashes'",
    b'{"version": 1, "generations": {}, "hashes": {"a": 1}}': "needs 'generations' and 'hashes'",
    b'{"version": 1, "generations": {"user": {"record": {}}}, "hashes": {}}': "generation 'user' needs",
    b'{"version": 1, "generations": {"user": {"record": {}, "created": [1], "edited": []}}, "hashes": {}}': "needs",
    b"[" * 100_000: "is not JSON",
}


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_manifest_is_refused_before_anything_is_written(root: Path, change: Make, content: bytes) -> None:
    (root / ".layerwise").mkdir()
    (root / ".layerwise/manifest.json").write_bytes(content)
    with pytest.raises(InvalidInputError, match=MALFORMED[content]):
        read_manifest(root)
    with pytest.raises(InvalidInputError, match="Restore it from version control"):
        apply(change({"a.py": b"1"}, record=USER))
    assert not (root / "a.py").exists()
    assert [item.name for item in (root / ".layerwise").iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("record", [{"name": ""}, {"name": 3}, {"spec": {}}, {"removes": None}])
def test_a_record_without_a_name_is_refused(root: Path, change: Make, record: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="needs a 'name'"):
        apply(change({"a.py": b"1"}, record=record))
    assert not (root / "a.py").exists()
