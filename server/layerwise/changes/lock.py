"""One writer at a time: a lock on a project's journal that ends with the process that holds it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from layerwise.changes.paths import HOUSE, JOURNAL, locate
from layerwise.errors import ConflictError

_PAUSE = 0.02
_LOCK = "lock"
_IGNORE = ".gitignore"
_NEW_ROOT = "new-root"
_OWN = frozenset({_LOCK, _IGNORE, _NEW_ROOT})

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def hold_lock(root: Path, wait: float) -> Iterator[Path]:
    """Hold the writer's lock of `root`, a real path, and give its journal folder, made when missing (so is the root).

    What the journal does not need any more is removed on leaving: with no entries left, the journal, `.layerwise/`
    when empty, and an empty root that was made here. Raises ConflictError after `wait` seconds without the lock.
    """
    deadline = time.monotonic() + wait
    is_new_root = not root.exists()
    try:
        while (descriptor := _take(root)) is None:
            if time.monotonic() >= deadline:
                raise ConflictError(
                    f"Another process is writing to {root}; waited {wait:g} s. Nothing was written. "
                    "Try again when it has finished."
                )
            time.sleep(_PAUSE)
    except OSError:
        _remove_empty(root, is_new_root)
        raise
    journal = root / JOURNAL
    try:
        _touch(journal / _IGNORE, b"*\n")
        if is_new_root:
            _touch(journal / _NEW_ROOT, b"")
        yield journal
    finally:
        try:
            with suppress(OSError):
                _clear(root, journal)
        finally:
            os.close(descriptor)


def _take(root: Path) -> int | None:
    """An open descriptor that holds the lock, None while somebody else does."""
    journal = locate(root, JOURNAL)
    path = journal / _LOCK
    try:
        for folder in (root, root / HOUSE, journal):
            folder.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except FileNotFoundError:
        return None  # the last holder is clearing the folder away this very moment
    try:
        _try_lock(descriptor)
        if _is_same_file(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _touch(path: Path, content: bytes) -> None:
    with suppress(FileExistsError), path.open("xb") as file:
        file.write(content)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _clear(root: Path, journal: Path) -> None:
    names = {path.name for path in journal.iterdir()}
    if names - _OWN:
        return
    for name in sorted(names, key=lambda name: name == _LOCK):
        (journal / name).unlink()
    _remove_empty(root, _NEW_ROOT in names)


def _remove_empty(root: Path, with_root: bool) -> None:
    with suppress(OSError):
        (root / JOURNAL).rmdir()
        (root / HOUSE).rmdir()
        if with_root:
            root.rmdir()
