"""Bytes on disk: read whole, written so that they survive a crash."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerwise.errors import ConflictError, LayerwiseError


class WriteError(LayerwiseError):
    """The system refused to read or write; the text says in which state the tree was left."""


def fingerprint(data: bytes) -> str:
    """The SHA-256 of `data`, in hex."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes | None:
    """The bytes of a regular file, None where nothing is. Raises ConflictError for a folder, pipe, link or device."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(mode):
        raise ConflictError(f"{path} is not a regular file. Move it away, then try again.")
    return path.read_bytes()


def read_mode(path: Path) -> int | None:
    """The permission bits of a file, None where nothing is."""
    try:
        return stat.S_IMODE(os.lstat(path).st_mode)
    except FileNotFoundError:
        return None


def write_new(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file that does not exist yet, through to the disk. `mode` None means the user's default."""
    with path.open("xb") as file:
        if mode is not None:
            path.chmod(mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a crash, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def reporting(outcome: str) -> Iterator[None]:
    """Turn an OSError into a WriteError that says what failed, and `outcome`: how the tree was left, what to do."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise WriteError(f"{error.strerror or error}{where}. {outcome}") from error
