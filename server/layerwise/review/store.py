"""Store: reviews kept between runs, by what they depend on, one file a root under the user's cache folder."""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from layerwise import __version__
from layerwise.assets import locate_cache
from layerwise.errors import InvalidInputError
from layerwise.project.cache import hash_root, write_whole

_PACKAGE = Path(__file__).parents[1]
# What decides about findings; when any of it changes, everything that is kept is forgotten.
_DECIDING = ("review", "project")
_MOST_FILES = 20_000
_MOST_ANSWERS = 12


class Store:
    """Records of files and of whole answers, by key. What cannot be read counts as absent; nothing here raises."""

    def __init__(self, root: Path) -> None:
        self._state = _hash_engine()
        self._files: dict[str, Any] = {}
        self._answers: dict[str, Any] = {}
        self._is_changed = False
        try:
            self._place = Path(locate_cache(), "reviews", hash_root(root))
            kept = json.loads(self._place.read_text(encoding="ascii"))
            if kept["state"] == self._state:
                self._files, self._answers = dict(kept["files"]), dict(kept["answers"])
        except (OSError, ValueError, KeyError, TypeError, InvalidInputError):
            pass

    def file(self, key: str) -> Any:
        """The record of a file; None when there is none."""
        return self._files.get(key)

    def answer(self, key: str) -> Any:
        """The record of a whole answer; None when there is none."""
        return self._answers.get(key)

    def keep_file(self, key: str, record: Any) -> None:
        """Keep the record of a file."""
        self._files[key] = record
        self._is_changed = True

    def keep_answer(self, key: str, record: Any) -> None:
        """Keep the record of a whole answer."""
        self._answers[key] = record
        self._is_changed = True

    def save(self) -> None:
        """Write what is new; the oldest is dropped beyond a bound."""
        if not self._is_changed or not hasattr(self, "_place"):
            return
        kept = {
            "state": self._state,
            "files": dict(list(self._files.items())[-_MOST_FILES:]),
            "answers": dict(list(self._answers.items())[-_MOST_ANSWERS:]),
        }
        write_whole(self._place, json.dumps(kept, separators=(",", ":")))
        self._is_changed = False


def hash_parts(parts: Iterable[str]) -> str:
    """One key for texts of any length."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()


def _hash_engine() -> str:
    """Changes with the release, with the running Python, and with an edit of a rule in a checkout."""
    parts = [__version__, sys.version]
    for name in _DECIDING:
        for path in sorted(Path(_PACKAGE, name).rglob("*.py")):
            facts = path.stat()
            parts.append(f"{path.relative_to(_PACKAGE)} {facts.st_size} {facts.st_mtime_ns}")
    return hash_parts(parts)
