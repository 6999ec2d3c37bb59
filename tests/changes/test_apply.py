"""Apply: exactly the previewed bytes, only onto the tree they were made for, one writer at a time."""

import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from layerwise.changes.apply import apply, recover
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.lock import hold_lock
from layerwise.changes.store import save
from layerwise.errors import ConflictError, InvalidInputError, OutsideRootError

Make = Callable[..., ChangeSet]
ReadTree = Callable[[Path], dict[str, tuple[int, bytes | None]]]


def test_the_bytes_of_the_change_set_are_what_lies_on_disk(root: Path, change: Make) -> None:
    odd = b"\xff\xfe\r\n\x00 no newline"
    done = apply(change({"legacy.py": odd, "app/users/new.py": b"\xef\xbb\xbfx\r\n", "app/main.py": None}))
    assert (root / "legacy.py").read_bytes() == odd
    assert (root / "app/users/new.py").read_bytes() == b"\xef\xbb\xbfx\r\n"
    assert not (root / "app/main.py").exists()
    assert (done.created, done.modified, done.deleted) == (("app/users/new.py",), ("legacy.py",), ("app/main.py",))


def test_mode_bits_are_kept_and_new_files_get_the_default(root: Path, change: Make) -> None:
    mask = os.umask(0o027)
    try:
        apply(change({"run.sh": b"#!/bin/bash\n", "new.py": b""}))
    finally:
        os.umask(mask)
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "new.py").stat().st_mode) == 0o640


def test_a_folder_left_empty_goes_with_its_last_file(root: Path, change: Make) -> None:
    apply(change({"app/main.py": None}))
    assert not (root / "app").exists()


def test_a_set_with_issues_is_refused(root: Path, change: Make, tree_of: ReadTree) -> None:
    before = tree_of(root)
    with pytest.raises(ConflictError, match="two routes share a path"):
        apply(change({"new.py": b""}, issues=("two routes share a path",)))
    assert tree_of(root) == before


def test_every_stale_file_is_named_and_nothing_is_written(root: Path, change: Make, tree_of: ReadTree) -> None:
    pending = change({"app/main.py": b"1", "legacy.py": None, "run.sh": b"2", "new.py": b"3"})
    (root / "app/main.py").write_bytes(b"edited meanwhile")
    (root / "legacy.py").unlink()
    (root / "new.py").write_bytes(b"3")
    before = tree_of(root)
    with pytest.raises(ConflictError) as refusal:
        apply(pending)
    for told in (
        "app/main.py (was edited)",
        "legacy.py (is gone)",
        "new.py (exists already)",
        "Make the change set anew",
    ):
        assert told in str(refusal.value)
    assert "run.sh" not in str(refusal.value)
    assert tree_of(root) == before


@pytest.mark.parametrize("path", ["../out.py", "/out.py", ".git/config", "link/out.py", "around/out.py"])
def test_a_hostile_path_spoils_the_whole_set(root: Path, tree_of: ReadTree, path: str) -> None:
    (root / "link").symlink_to(root.parent)
    (root / "around").symlink_to("around")
    with pytest.raises((OutsideRootError, InvalidInputError)):
        apply(ChangeSet(root, (Change("fine.py", None, b""), Change(path, None, b""))))
    assert not (root / "fine.py").exists()
    assert not (root / ".layerwise").exists()
    assert [item.name for item in root.parent.iterdir()] == ["shop"]


def test_a_linked_journal_is_not_written_through(root: Path, change: Make, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / ".layerwise").symlink_to(elsewhere)
    with pytest.raises(OutsideRootError, match="symbolic link"):
        apply(change({"new.py": b""}))
    assert list(elsewhere.iterdir()) == []


def test_a_set_without_effect_writes_nothing(root: Path, change: Make, tree_of: ReadTree) -> None:
    before = tree_of(root)
    done = apply(change({"app/main.py": (root / "app/main.py").read_bytes()}))
    assert done.modified == ()
    assert tree_of(root) == before


def test_a_root_that_does_not_exist_is_made(tmp_path: Path) -> None:
    apply(ChangeSet(tmp_path / "fresh", (Change("app/main.py", None, b"x"),)))
    assert (tmp_path / "fresh/app/main.py").read_bytes() == b"x"


def test_a_new_root_goes_again_when_applying_fails(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="is gone"):
        apply(ChangeSet(tmp_path / "fresh", (Change("app/main.py", b"old", b"x"),)))
    assert not (tmp_path / "fresh").exists()


def test_the_journal_stays_out_of_version_control(root: Path, change: Make) -> None:
    subprocess.run(["git", "init", "-q", root], check=True)
    apply(change({"new.py": b""}, record={"name": "thing"}))
    listed = subprocess.run(
        ["git", "-C", root, "status", "--short", "-uall"], check=True, capture_output=True, text=True
    ).stdout
    assert ".layerwise/manifest.json" in listed
    assert "journal" not in listed


def test_a_second_writer_is_told_when_the_first_does_not_finish(root: Path, change: Make) -> None:
    pending = change({"new.py": b""})
    with (
        hold_lock(root.resolve(), 0),
        pytest.raises(ConflictError, match=r"Another process is writing .* waited 0.05 s"),
    ):
        apply(pending, wait=0.05)
    apply(pending)


def test_a_second_writer_waits_for_the_first(root: Path, change: Make) -> None:
    started, pending = threading.Event(), change({"new.py": b""})

    def write_slowly() -> None:
        with hold_lock(root.resolve(), 0):
            started.set()
            threading.Event().wait(0.2)

    first = threading.Thread(target=write_slowly)
    first.start()
    started.wait()
    apply(pending, wait=30)
    first.join()
    assert (root / "new.py").exists()


def test_of_many_writers_at_once_each_applies_or_is_told(root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from layerwise.changes.apply import apply\n"
        "from layerwise.changes.changeset import Change, ChangeSet\n"
        "apply(ChangeSet(Path(sys.argv[1]), (Change(sys.argv[2], None, b'x' * 9),)), wait=60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    names = ["one.py", "two.py", "three.py", "same.py", "same.py"]
    writers = [
        subprocess.Popen([sys.executable, "-c", script, root, name], env=environment, stderr=subprocess.PIPE)
        for name in names
    ]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert all((root / name).read_bytes() == b"x" * 9 for name in names)
    assert [bool(error) for error in errors[:3]] == [False] * 3
    assert sorted(bool(error) for error in errors[3:]) == [False, True]
    assert "same.py (exists already)" in "".join(errors)


def test_the_lock_of_a_killed_process_does_not_stay(root: Path, change: Make) -> None:
    script = (
        "import os, sys; from pathlib import Path; from layerwise.changes.lock import hold_lock\n"
        "with hold_lock(Path(sys.argv[1]), 0): os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script, root.resolve()], env=environment, check=False)
    assert (root / ".layerwise/journal/lock").exists()
    apply(change({"new.py": b""}), wait=0)


def test_recovering_a_clean_project_writes_nothing(root: Path, tree_of: ReadTree) -> None:
    before = tree_of(root)
    assert recover(root) == ()
    assert tree_of(root) == before
    assert not (root / ".layerwise").exists()


def test_a_lock_file_that_was_cleared_away_is_no_lock(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, cleared = fcntl.flock, []

    def lock_too_late(descriptor: int, operation: int) -> None:
        if not cleared:
            cleared.append(True)
            (root / ".layerwise/journal/lock").unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lock_too_late)
    with hold_lock(root, 5), pytest.raises(ConflictError, match="Another process"), hold_lock(root, 0):
        pass
    assert cleared


def test_a_file_edited_while_others_are_written_is_kept_and_stops_the_apply(
    root: Path, change: Make, monkeypatch: pytest.MonkeyPatch, tree_of: ReadTree
) -> None:
    pending = change({"app/main.py": b"1", "legacy.py": b"2", "run.sh": b"3", "later.py": b"4"})
    before = tree_of(root)
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        done = real(self, target)
        if target == root / "legacy.py" and target.read_bytes() == b"2":
            (root / "later.py").write_bytes(b"mine")
        return done

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(ConflictError, match=r"later.py \(exists already\) while the change set was being applied"):
        apply(pending)
    assert (root / "later.py").read_bytes() == b"mine"
    (root / "later.py").unlink()
    assert tree_of(root) == before


def break_off(changeset: ChangeSet) -> None:
    """Apply a change set in a process that dies before the last file is in place."""
    script = (
        "import os, sys; from pathlib import Path; from layerwise.changes.apply import apply\n"
        "from layerwise.changes.store import load\n"
        "real = Path.replace\n"
        "def replace(self, target):\n"
        "    if str(target).endswith('last.py'): os.kill(os.getpid(), 9)\n"
        "    return real(self, target)\n"
        "Path.replace = replace\n"
        "apply(load(sys.argv[1], Path(sys.argv[2])))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script, save(changeset), changeset.root], env=environment, check=False)


@pytest.mark.usefixtures("cache")
def test_the_next_apply_settles_an_interruption_and_tells(root: Path, change: Make) -> None:
    pending = change({"app/main.py": b"new", "last.py": b"last"})
    break_off(pending)
    assert (root / "app/main.py").read_bytes() == b"new"
    assert not (root / "last.py").exists()
    done = apply(pending)
    assert done.notices == (f"Change set {pending.id} had been interrupted; the tree was put back as it was before.",)
    assert (root / "last.py").read_bytes() == b"last"


@pytest.mark.usefixtures("cache")
def test_recovery_does_not_overwrite_what_was_edited_since(root: Path, change: Make) -> None:
    pending = change({"app/main.py": b"new", "legacy.py": b"new", "last.py": b"last"})
    break_off(pending)
    (root / "legacy.py").write_bytes(b"precious")
    with pytest.raises(ConflictError, match=r"since then legacy.py changed.*The old bytes are in \.layerwise/journal/"):
        recover(root)
    assert (root / "legacy.py").read_bytes() == b"precious"
    assert (root / "app/main.py").read_bytes() == b"new"


@pytest.mark.usefixtures("cache")
def test_recovery_leaves_alone_what_had_not_been_reached(root: Path, change: Make) -> None:
    break_off(change({"app/main.py": b"new", "last.py": b"last", "later.py": b"later"}))
    (root / "later.py").write_bytes(b"mine")
    recover(root)
    assert (root / "later.py").read_bytes() == b"mine"
    assert (root / "app/main.py").read_bytes() == b"import app\n"


@pytest.mark.usefixtures("cache")
def test_recovery_brings_back_a_folder_that_was_removed_since(root: Path, change: Make) -> None:
    break_off(change({"app/main.py": b"new", "last.py": b"last"}))
    (root / "app/main.py").unlink()
    (root / "app").rmdir()
    recover(root)
    assert (root / "app/main.py").read_bytes() == b"import app\n"


@pytest.mark.usefixtures("cache")
def test_a_forged_journal_cannot_reach_out_of_the_root(root: Path, change: Make) -> None:
    break_off(change({"app/main.py": b"new", "last.py": b"last"}))
    victim = root.parent / "victim.py"
    victim.write_bytes(b"new")
    (entry,) = (root / ".layerwise/journal").glob("*.open/entry.json")
    entry.write_text(entry.read_text().replace("app/main.py", "../victim.py"))
    with pytest.raises(ConflictError, match="is damaged"):
        recover(root)
    assert victim.read_bytes() == b"new"
