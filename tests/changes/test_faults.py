"""Whatever fails, at whichever step, a project ends up as it was or as it was to be."""

import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from layerwise.changes.apply import apply, recover
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import WriteError
from layerwise.changes.undo import undo
from layerwise.errors import LayerwiseError

ReadTree = Callable[[Path], dict[str, tuple[int, bytes | None]]]

CALLS = ("replace", "unlink", "rmdir", "mkdir", "chmod", "fsync")
SPACE_CALLS = ("mkdir",)
HOUSE = {".layerwise": (0o755, None)}


class Saboteur:
    """Counts the calls that change the disk and does harm at one of them, before it is made."""

    def __init__(self, harm: Callable[[], None], at: int, *, for_good: bool = False, only_space: bool = False) -> None:
        self.harm, self.at, self.for_good = harm, at, for_good
        self.calls = SPACE_CALLS if only_space else CALLS
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.at or (self.for_good and self.count > self.at):
            self.harm()

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def sabotaged(*args: Any, **kwargs: Any) -> Any:
            self.step()
            return None if call is os.fsync else call(*args, **kwargs)

        return sabotaged

    def open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if not set(mode) & set("wxa+"):
            return REAL_OPEN(file, mode, *args, **kwargs)
        self.step()
        stream = REAL_OPEN(file, mode, *args, **kwargs)
        write = stream.write

        def write_half_first(data: bytes) -> int:
            half = len(data) // 2
            write(data[:half])
            stream.flush()
            self.step()
            return half + int(write(data[half:]))

        stream.write = write_half_first
        return stream

    @contextmanager
    def at_work(self) -> Iterator[None]:
        wrapped = {name: self.wrap(getattr(os, name)) for name in self.calls}
        with patch.multiple(os, **wrapped), patch.object(io, "open", self.open):
            yield


REAL_OPEN = io.open


def make_project(folder: Path, size: int) -> ChangeSet:
    """A project in a new `folder`, and a change set of `size` files that creates, edits and deletes."""
    edited = [f"app/services/s{number}.py" for number in range(size // 4)]
    deleted = [f"app/old/legacy/d{number}.py" for number in range(size // 8)]
    created = [f"app/users{'/http' * (number % 2)}/n{number}.py" for number in range(size - size // 4 - size // 8)]
    for path in [*edited, *deleted, "app/main.py"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode() * 20)
    (folder / edited[0]).chmod(0o755)
    (folder / deleted[0]).chmod(0o600)
    changes = [Change(path, path.encode() * 20, f"new {path}\r\n".encode()) for path in edited]
    changes += [Change(path, path.encode() * 20, None) for path in deleted]
    changes += [Change(path, None, path.encode() * 30) for path in created]
    return ChangeSet(folder, tuple(changes), record={"name": "user", "spec": {"fields": ["email: str"]}})


def raise_error(error: BaseException) -> Callable[[], None]:
    def harm() -> None:
        raise error

    return harm


def kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


HARMS: dict[str, dict[str, Any]] = {
    "any exception": {"harm": raise_error(RuntimeError("unforeseen"))},
    "an interrupt": {"harm": raise_error(KeyboardInterrupt())},
    "no permission": {"harm": raise_error(PermissionError(errno.EACCES, "Permission denied"))},
    "a full disk": {"harm": raise_error(OSError(errno.ENOSPC, "No space left")), "for_good": True, "only_space": True},
    "a dead disk": {"harm": raise_error(OSError(errno.EIO, "Input/output error")), "for_good": True},
}


class Stage:
    """A job to be disturbed: what to do first, the job itself, and the trees before and after it."""

    def __init__(self, folder: Path, read_tree: ReadTree, *, size: int, undoing: bool) -> None:
        self.folder, self.read_tree, self.size, self.undoing = folder, read_tree, size, undoing
        self.root = self.build()
        self.old = read_tree(self.root)
        self.run(self.root)
        self.new = read_tree(self.root)

    def build(self) -> Path:
        root = Path(tempfile.mkdtemp(dir=self.folder)) / "shop"
        self.changeset = make_project(root, self.size)
        if self.undoing:
            apply(self.changeset)
        return root

    def set_up(self, outcomes: list[str]) -> Path:
        """The project to work on: that of the last outcome, if it is as it was."""
        if not outcomes or outcomes[-1] != "old":
            shutil.rmtree(self.root.parent)
            self.root = self.build()
        return self.root

    def run(self, root: Path) -> None:
        if self.undoing:
            undo(root)
        else:
            apply(self.changeset)

    def count_steps(self, **options: Any) -> int:
        saboteur = Saboteur(lambda: None, 0, **options)
        root = self.build()
        with saboteur.at_work():
            self.run(root)
        return saboteur.count

    def judge(self, root: Path) -> str:
        """'old' or 'new', after the next start; anything else is told apart."""
        recover(root)
        tree = self.read_tree(root)
        has_journal = (root / ".layerwise/journal").exists()
        if tree == self.old and has_journal == self.undoing:
            return "old"
        if tree == self.new and has_journal != self.undoing:
            return "new"
        return f"between, journal kept: {has_journal}, differing: {sorted(tree.items() ^ self.new.items())[:5]}"


JOBS = [
    pytest.param("apply", 8, id="apply"),
    pytest.param("undo", 8, id="undo"),
    pytest.param("apply", 40, id="apply of 40 files", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("job", "size"), JOBS)
@pytest.mark.parametrize("name", HARMS)
def test_a_fault_at_any_step_leaves_the_old_tree_or_the_new(
    job: str, size: int, name: str, tmp_path: Path, tree_of: ReadTree
) -> None:
    stage = Stage(tmp_path, tree_of, size=size, undoing=job == "undo")
    options = {key: value for key, value in HARMS[name].items() if key != "harm"}
    steps = stage.count_steps(only_space=options.get("only_space", False))
    outcomes: list[str] = []
    for at in range(1, steps + 1):
        root = stage.set_up(outcomes)
        raised: BaseException | None = None
        with Saboteur(at=at, **HARMS[name]).at_work():
            try:
                stage.run(root)
            except (LayerwiseError, RuntimeError, KeyboardInterrupt) as error:
                raised = error
        if isinstance(raised, WriteError) and "tree is as it was" in str(raised):
            assert stage.read_tree(root) | {".layerwise": HOUSE} == stage.old | {".layerwise": HOUSE}, (
                f"step {at}: {raised}"
            )
        outcomes.append(stage.judge(root))
        assert outcomes[-1] in {"old", "new"}, f"step {at}, {raised!r}"
    assert "old" in outcomes
    assert len(outcomes) > size


@pytest.mark.parametrize(("job", "size"), [*JOBS, pytest.param("recover", 8, id="recover")])
def test_a_kill_at_any_step_leaves_the_old_tree_or_the_new(job: str, size: int, tmp_path: Path) -> None:
    command = [sys.executable, __file__, job, str(size), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert len(outcomes) > size
    assert set(outcomes) == ({"old"} if job == "recover" else {"old", "new"})


def kill_in_child(act: Callable[[], object], at: int) -> None:
    child = os.fork()
    if child == 0:
        with Saboteur(kill_this_process, at).at_work():
            act()
        os._exit(0)
    os.waitpid(child, 0)


def kill_at_every_step(stage: Stage) -> list[str]:
    outcomes: list[str] = []
    for at in range(1, stage.count_steps() + 1):
        root = stage.set_up(outcomes)
        kill_in_child(partial(stage.run, root), at)
        outcomes.append(stage.judge(root))
    return outcomes


def kill_recovery_at_every_step(stage: Stage) -> list[str]:
    """The outcomes where a process was killed just before its last file was in place, and the next one, at any step,
    while it took that back."""
    last = kill_at_every_step(stage).index("new")
    outcomes = ["new"]
    while (at := len(outcomes)) <= 3 * stage.size:
        root = stage.set_up(outcomes)
        kill_in_child(partial(stage.run, root), last)
        kill_in_child(partial(recover, root), at)
        outcomes.append(stage.judge(root))
    return outcomes[1:]


def main(job: str, size: str, folder: str) -> None:
    from conftest import read_tree

    stage = Stage(Path(folder), read_tree, size=int(size), undoing=job == "undo")
    print(json.dumps(kill_recovery_at_every_step(stage) if job == "recover" else kill_at_every_step(stage)))


if __name__ == "__main__":
    main(*sys.argv[1:])
