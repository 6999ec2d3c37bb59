"""One file's facts, from the cache or from its text, or the reason why there are none."""

import contextlib
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from layerwise.project.cache import StoredFacts, hash_content, store_facts
from layerwise.project.extract import extract_facts
from layerwise.project.facts import Outline
from layerwise.project.syntax import describe_error
from layerwise.project.tree import LARGEST_FILE, Skipped


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file's facts: the key of its content, what the cache keeps, and the decoded outline."""

    key: str
    stored: StoredFacts
    outline: Outline


def read_file(file: Path, path: str, known: Mapping[str, StoredFacts]) -> ReadFile | Skipped:
    """The facts of one file, from `known` when its content is there, or why there are none."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}")
    if len(content) > LARGEST_FILE:
        return Skipped(path, f"larger than {LARGEST_FILE:,} bytes")
    key = hash_content(content)
    if stored := known.get(key):
        with contextlib.suppress(ValueError, TypeError, IndexError):
            return ReadFile(key, stored, stored.decode_outline())
    try:
        found = extract_facts(decode_source(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Skipped(path, describe_error(error))
    return ReadFile(key, store_facts(found), found.outline)


def decode_source(content: bytes) -> str:
    """Python source as text, newlines as they are, by its byte order mark or coding line, else UTF-8.

    Raises UnicodeDecodeError or SyntaxError when it is in no encoding that Python would read.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        return content.decode(encoding)


def read_text(file: Path) -> str | None:
    """The text of a file, or None when it cannot be read or decoded."""
    try:
        return decode_source(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None
