"""Facts kept between looks at a project: one file a root, a line for each content, under the user's cache folder.

A line holds the hash of the content, the outline and the bodies as two JSON texts apart, so that bodies that nobody
asks for are never decoded. A line that is not as it should be counts as absent.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from layerwise.assets import locate_cache
from layerwise.errors import InvalidInputError
from layerwise.project.facts import Body, Facts, Outline
from layerwise.project.rows import from_row, from_rows, to_row

# Part of the key: raise it whenever facts change in form or in what they record.
FACTS_VERSION = 2

_HEADER = f"layerwise facts {FACTS_VERSION}"


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """Facts as they lie in the cache."""

    outline: str
    bodies: str

    def decode_outline(self) -> Outline:
        """Raises ValueError, TypeError or IndexError when the text was damaged."""
        return from_row(Outline, json.loads(self.outline))

    def decode_bodies(self) -> tuple[Body, ...]:
        """Raises ValueError, TypeError or IndexError when the text was damaged."""
        return from_rows(Body, json.loads(self.bodies))


def store_facts(facts: Facts) -> StoredFacts:
    """Facts in the form that the cache keeps."""
    outline, bodies = (
        json.dumps(to_row(part), separators=(",", ":"), ensure_ascii=True) for part in (facts.outline, facts.bodies)
    )
    return StoredFacts(outline, bodies)


def hash_content(content: bytes) -> str:
    """The key of a file's content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def load_facts(root: Path) -> dict[str, StoredFacts]:
    """What is kept for `root`, by content hash; empty when there is nothing or it cannot be read."""
    try:
        header, *lines = _cache_file(root).read_text(encoding="ascii").split("\n")
    except (OSError, ValueError, InvalidInputError):
        return {}
    if header != _HEADER:
        return {}
    return {row[0]: StoredFacts(row[1], row[2]) for line in lines if len(row := line.split("\t")) == 3}


def save_facts(root: Path, facts: Mapping[str, StoredFacts]) -> bool:
    """Replace what is kept for `root`, whole or not at all; tells whether it could be written."""
    lines = [_HEADER, *(f"{key}\t{stored.outline}\t{stored.bodies}" for key, stored in facts.items())]
    try:
        return write_whole(_cache_file(root), "\n".join(lines))
    except InvalidInputError:
        return False


def write_whole(target: Path, text: str) -> bool:
    """Write an ASCII file of the cache folder, whole or not at all; tells whether it could be written."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, staged = tempfile.mkstemp(dir=target.parent, prefix=target.name)
        try:
            with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
                file.write(text)
            Path(staged).replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                Path(staged).unlink()
            return False
    except OSError:
        return False
    return True


def hash_root(root: Path) -> str:
    """The name under which the cache keeps what belongs to a project."""
    return hashlib.blake2b(str(root.resolve()).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _cache_file(root: Path) -> Path:
    """Raises InvalidInputError when the user has no home folder."""
    return Path(locate_cache(), "facts", hash_root(root))
