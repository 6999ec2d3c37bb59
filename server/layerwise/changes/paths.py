"""Where a change may be written: checks on path text, and on the file system beneath a root."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from layerwise.errors import ConflictError, InvalidInputError, OutsideRootError, shorten

HOUSE = ".layerwise"
JOURNAL = f"{HOUSE}/journal"
MANIFEST = f"{HOUSE}/manifest.json"

NAME_BYTES = 255
PATH_BYTES = 1024
_LONGEST = 4000  # bytes that every system takes for a path below some root

_ALLOWED = "Give a path relative to the project root with forward slashes, such as 'app/models/user.py'."


def check_path(path: str) -> None:
    """Refuse path text that could be written outside the root, into a repository's innards, or on some systems only.

    Raises OutsideRootError for absolute paths, `~` and `..`; InvalidInputError for everything else.
    """
    if not isinstance(path, str):
        raise InvalidInputError(f"A path must be text, not {type(path).__name__}. {_ALLOWED}")
    segments = path.split("/")
    if path.startswith(("/", "~")) or ".." in segments:
        raise OutsideRootError(f"{_show(path)} leads outside the project root. {_ALLOWED}")
    if fault := _fault_of(path, segments):
        raise InvalidInputError(f"{_show(path)} {fault}. {_ALLOWED}")


def check_paths(paths: Iterable[str]) -> None:
    """Check each path, and that no two are one file where case is ignored, nor one a folder of another.

    Raises what `check_path` raises; InvalidInputError naming both paths of a clash.
    """
    known: dict[str, str] = {}
    for path in paths:
        check_path(path)
        key = _fold(path)
        if key in known:
            raise InvalidInputError(
                f"{_show(known[key])} and {_show(path)} are one file where case is ignored. Keep one of them."
            )
        known[key] = path
    for key, path in known.items():
        parents = key.split("/")[:-1]
        for end in range(1, len(parents) + 1):
            if (parent := "/".join(parents[:end])) in known:
                raise InvalidInputError(f"{_show(known[parent])} is both a file and the folder of {_show(path)}.")


def locate(root: Path, path: str) -> Path:
    """Where the checked relative `path` lies under `root`; it need not exist.

    Raises OutsideRootError when a component is a symbolic link, ConflictError when a folder on the way is a file.
    """
    target = root
    segments = path.split("/")
    for depth, segment in enumerate(segments, start=1):
        target = target / segment
        try:
            mode = os.lstat(target).st_mode
        except FileNotFoundError:
            return root / path
        here = "/".join(segments[:depth])
        if stat.S_ISLNK(mode):
            raise OutsideRootError(
                f"{_show(here)} is a symbolic link, so {_show(path)} is not written through it. "
                "Name the file it stands for by its own path inside the root."
            )
        if depth < len(segments) and not stat.S_ISDIR(mode):
            raise ConflictError(
                f"{_show(here)} is a file, so {_show(path)} cannot lie beneath it. Nothing was written."
            )
    return target


def resolve_inside(root: Path, path: str | os.PathLike[str]) -> Path:
    """The real, absolute place of a path a user gave, relative to `root` or absolute; it need not exist.

    Symbolic links are followed, and may lead anywhere inside the root. Raises OutsideRootError when the place is not
    inside the root or links run in a circle, InvalidInputError when the text is no path.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str):
        raise InvalidInputError(f"A path must be text, not {type(text).__name__}. {_ALLOWED}")
    if not text or "\0" in text or not _is_encodable(text):
        raise InvalidInputError(f"{_show(text)} is not a path. {_ALLOWED}")
    if len(os.fsencode(text)) > _LONGEST:
        raise InvalidInputError(f"{_show(text)} is too long for a path. {_ALLOWED}")
    if text.startswith("~"):
        raise OutsideRootError(f"{_show(text)}: '~' is not expanded. {_ALLOWED}")
    real_root = Path(os.path.realpath(root))
    place = _follow(real_root / text)
    if not place.is_relative_to(real_root):
        raise OutsideRootError(f"{_show(text)} leads outside the project root {real_root}. {_ALLOWED}")
    return place


def resolve_root(root: Path) -> Path:
    """The real path of a project root: a folder, or a name still free inside an existing folder.

    Raises InvalidInputError when it is neither.
    """
    real = Path(os.path.realpath(root))
    if real.is_dir() or (not real.exists() and real.parent.is_dir()):
        return real
    reason = "is not a folder" if real.exists() else "does not exist, nor does the folder it would be made in"
    raise InvalidInputError(f"The project root {_show(str(root))} {reason}. Name an existing folder.")


def _fault_of(path: str, segments: list[str]) -> str | None:
    if not path:
        return "is empty"
    if "\\" in path or ":" in path:
        return "holds a backslash or a colon"
    if not path.isprintable():
        return "holds a control, invisible or undecodable character"
    if any(segment in ("", ".") for segment in segments):
        return "has an empty or '.' part"
    if any(segment.endswith((".", " ")) for segment in segments):
        return "has a part that ends in a dot or a space, which some systems drop"
    if len(path.encode()) > PATH_BYTES or any(len(segment.encode()) > NAME_BYTES for segment in segments):
        return f"is too long: at most {PATH_BYTES} bytes, and {NAME_BYTES} a part"
    folded = _fold(path)
    if any(segment in (".git", "git~1") for segment in folded.split("/")):
        return "lies in a .git folder, which is not Layerwise's to change"
    if folded in (HOUSE, JOURNAL, MANIFEST) or folded.startswith(f"{JOURNAL}/"):
        return "is kept by Layerwise itself"
    return None


def _follow(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path, strict=True))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OutsideRootError(f"{_show(str(path))} is a circle of symbolic links. {_ALLOWED}") from error
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidInputError(f"{_show(path.name)} is too long for a path. {_ALLOWED}") from error
        return Path(os.path.realpath(path))


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _show(path: str) -> str:
    return repr(shorten(path))
