"""Rule files: a team's own rules as they lie in its project, found and read but not run."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from layerwise.changes.paths import resolve_inside
from layerwise.errors import InvalidInputError, OutsideRootError, shorten

_ALLOWED = "A rule lies at FOLDER/family/name_of_the_rule.py, in lower-case letters, digits and underscores."
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*_?")
_CODE = re.compile(rb"""\bcode\s*=\s*["']([A-Z]{3}[0-9]{3})["']""")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file: its path below the root, POSIX, and its content."""

    path: str
    content: bytes

    @property
    def stem(self) -> str:
        """The module's name."""
        return PurePosixPath(self.path).stem

    @property
    def name(self) -> str:
        """The name of the rule in it."""
        return self.stem.replace("_", "-")

    @property
    def family(self) -> str:
        """The folder that holds the file."""
        return PurePosixPath(self.path).parent.name.rstrip("_")

    @property
    def code(self) -> str:
        """The code that the rule in it seems to have, since the file is not run; empty when none is seen."""
        found = _CODE.search(self.content)
        return found[1].decode() if found else ""


def find_rule_files(root: Path, folder: str) -> tuple[RuleFile, ...]:
    """The rule files of `folder`, which is relative to `root`, ordered by path.

    Hidden files and folders, `__init__.py`, `__pycache__` and what is no Python file are left out. Raises
    OutsideRootError for a folder or file outside the root, through a symbolic link too, InvalidInputError for a folder
    that is not there and for a file that lies elsewhere than rules do or cannot be read.
    """
    place = _resolve(root, folder)
    if not place.is_dir():
        raise InvalidInputError(
            f"tool.layerwise.rules names {shorten(folder)!r}, which is no folder below the project root. "
            "Make it, or take the setting out."
        )
    return tuple(_read(root, family, path) for family in _entries(root, place) for path in _files(root, family))


def hash_rule_files(files: tuple[RuleFile, ...]) -> str:
    """A digest that differs wherever a path or a content does."""
    digest = hashlib.blake2b(digest_size=8)
    for file in files:
        for part in (file.path.encode("utf-8", "surrogatepass"), file.content):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def _files(root: Path, family: Path) -> Iterator[Path]:
    if not family.is_dir():
        raise InvalidInputError(f"{_show(root, family)} is in no family. {_ALLOWED}")
    for path in _entries(root, family):
        if path.is_dir():
            raise InvalidInputError(f"{_show(root, path)} is a folder in a family of rules. {_ALLOWED}")
        yield path


def _entries(root: Path, folder: Path) -> Iterator[Path]:
    """The folders and Python files in a folder that may be of rules."""
    for path in sorted(folder.iterdir()):
        _resolve(root, path)
        is_aside = path.name.startswith(".") or path.name in ("__init__.py", "__pycache__")
        if not is_aside and (path.is_dir() or path.suffix == ".py"):
            yield path


def _resolve(root: Path, path: str | Path) -> Path:
    try:
        return resolve_inside(root, path)
    except OutsideRootError as error:
        raise OutsideRootError(f"Team rules lie inside the project: {error}") from error


def _read(root: Path, family: Path, path: Path) -> RuleFile:
    shown = _show(root, path)
    if not _NAME.fullmatch(path.stem) or not _NAME.fullmatch(family.name):
        raise InvalidInputError(f"{shown} is not named as a rule is. {_ALLOWED}")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        content.decode("utf-8")
    except OSError as error:
        raise InvalidInputError(f"{shown} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{shown} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error
    if len(content) > _MAX_BYTES:
        raise InvalidInputError(f"{shown} is larger than {_MAX_BYTES:,} bytes; a rule is one short module.")
    return RuleFile(shown, content)


def _show(root: Path, path: Path) -> str:
    return path.relative_to(root.resolve()).as_posix()
