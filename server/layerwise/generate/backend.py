"""The backend that code is generated into: where it lies, what it holds already, and what a draft adds to it."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerwise.changes.changeset import Change
from layerwise.changes.files import read_bytes
from layerwise.changes.paths import locate
from layerwise.errors import InvalidInputError
from layerwise.generate.names import pluralize, snake_case
from layerwise.generate.overrides import Overrides
from layerwise.generate.target import Target

# A tree that has all of these was laid out by the backend blueprint.
MARKERS = (
    "app/api/deps.py",
    "app/api/v1/router.py",
    "app/db/base.py",
    "app/models/__init__.py",
    "app/repositories/base.py",
    "app/schemas/types.py",
    "app/db/types.py",
)
FOLDER = "backend"
_LOGIN = "app/services/auth.py"


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend under `root`; `prefix` leads to it and ends in a slash, or is empty where the root is the backend."""

    root: Path
    prefix: str
    exists: bool

    def read_bytes(self, path: str) -> bytes | None:
        """The bytes of a file of the backend, None where there is none. Raises OutsideRootError for a symbolic link."""
        return read_bytes(locate(self.root, self.prefix + path))

    def read(self, path: str) -> str | None:
        """The text of a file, newlines as they are. Raises InvalidInputError when it is not UTF-8."""
        data = self.read_bytes(path)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInputError(f"{self.prefix}{path} is not UTF-8; save it as UTF-8, then ask again.") from error

    def list_python(self, folder: str) -> Iterator[str]:
        """The Python files beneath a folder of the backend, sorted."""
        home = self.root / self.prefix
        for path in sorted((home / folder).rglob("*.py")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(home).as_posix()


@dataclass(slots=True)
class Draft:
    """A backend as it will be: files written anew, edited or taken away in memory over those that there are.

    `files` holds None for a file that goes. `records` is what the manifest will keep, each with the paths that it
    has created and edited; `begin` says whose the next ones are.
    """

    backend: Backend
    files: dict[str, str | None] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    overrides: Overrides = field(default_factory=Overrides)

    @property
    def has_login(self) -> bool:
        """Whether users can log in, which a backend may do without."""
        return self.read(_LOGIN) is not None

    @property
    def texts(self) -> dict[str, str]:
        """The files that will be there by path, without those that go."""
        return {path: text for path, text in self.files.items() if text is not None}

    def begin(self, record: Mapping[str, Any]) -> None:
        """What is put into the draft from here on belongs to the generation of this record."""
        self.records.append({**record, "created": [], "edited": [], "released": []})

    def put(self, path: str, text: str | None) -> None:
        """Give a file this text, or with None take it away, whatever it holds."""
        if self.records:
            side = "created" if self.read(path) is None else "edited"
            self.records[-1][side].append(self.backend.prefix + path)
        self.files[path] = text

    def read(self, path: str) -> str | None:
        """The text that a file will have, None where there will be none."""
        return self.files[path] if path in self.files else self.backend.read(path)

    def read_folder(self, folder: str) -> dict[str, str]:
        """The Python files beneath a folder by path, as they will be."""
        paths = {*self.backend.list_python(folder)} if self.backend.exists else set()
        paths |= {path for path in self.files if path.startswith(f"{folder}/") and path.endswith(".py")}
        return {path: text for path in sorted(paths) if (text := self.read(path)) is not None}

    def write(self, path: str, text: str, *, asked: bool = True) -> bool:
        """Add a file; True where it will then hold `text`.

        A file with other content is never overwritten: an issue where it was asked for, else a notice.
        """
        there = self.read(path)
        if there is None:
            self.put(path, text)
        elif there != text and asked:
            self.issues.append(
                f"{self.backend.prefix}{path} exists with other content. "
                "Move it away, or ask for another name or fewer layers."
            )
        elif there != text:
            self.notices.append(f"{self.backend.prefix}{path} is there already and stays as it is.")
        return there is None or there == text

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        """Change a file that is there; where it is missing or cannot be parsed, an issue says so."""
        text = self.read(path)
        if text is None:
            self.issues.append(
                f"{self.backend.prefix}{path} is missing, so the resource cannot be wired in. Restore it."
            )
            return
        try:
            changed = change(text)
        except (SyntaxError, ValueError) as error:
            self.issues.append(f"{self.backend.prefix}{path} cannot be parsed: {error}. Correct it, then ask again.")
            return
        if changed != text:
            self.put(path, changed)

    def changes(self) -> tuple[Change, ...]:
        """What has to be written, in the order in which it was drafted."""
        found = []
        for path, text in self.files.items():
            before, after = self.backend.read_bytes(path), None if text is None else text.encode("utf-8")
            if before != after:
                found.append(Change(self.backend.prefix + path, before, after))
        return tuple(found)

    def find_target(self, name: str) -> Target | None:
        """The model of this class name as references see it; None where there is none or its key is not known."""
        snake = snake_case(name)
        text = self.read(f"app/models/{snake}.py")
        try:
            tree = ast.parse(text or "")
        except (SyntaxError, ValueError):
            return None
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return _read_target(node, snake)
        return None


def find_backend(root: Path) -> Backend:
    """The backend that Layerwise laid out at `root` or in its folder `backend`, else where a new one will lie."""
    for prefix in ("", f"{FOLDER}/"):
        if all((root / prefix / marker).is_file() for marker in MARKERS):
            return Backend(root, prefix, exists=True)
    return Backend(root, f"{FOLDER}/", exists=False)


def _read_target(node: ast.ClassDef, snake: str) -> Target | None:
    table = key = ""
    soft = False
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__tablename__":
            table = str(ast.literal_eval(statement.value))
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "id":
            key = ast.unparse(statement.annotation).removeprefix("Mapped[").removesuffix("]")
        soft = soft or (isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "deleted_at")
    if not table or key not in ("UUID", "int"):
        return None
    return Target(node.name, snake, pluralize(snake), table, key, soft=soft)
