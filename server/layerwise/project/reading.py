"""One file's facts, from the cache or from its text, or the reason why there are none."""

import tokenize
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from layerwise.project.cache import StoredFacts, hash_content, store_facts
from layerwise.project.extract import extract_facts
from layerwise.project.facts import Outline
from layerwise.project.tree import LARGEST_FILE, Skipped


def read_file(file: Path, path: str, known: Mapping[str, StoredFacts]) -> tuple[str, StoredFacts, Outline] | Skipped:
    """The key, facts and outline of one file, or why there are none."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}")
    if len(content) > LARGEST_FILE:
        return Skipped(path, f"larger than {LARGEST_FILE:,} bytes")
    key = hash_content(content)
    if stored := known.get(key):
        try:
            return key, stored, stored.decode_outline()
        except (ValueError, TypeError, IndexError):
            pass
    try:
        found = extract_facts(decode_source(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Skipped(path, say_why(error))
    return key, store_facts(found), found.outline


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
    try:
        return decode_source(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None


def say_why(error: Exception) -> str:
    """Why a text has no facts, in a few words."""
    if isinstance(error, SyntaxError):
        return (
            f"syntax error at line {error.lineno}: {error.msg}" if error.lineno else f"cannot be decoded: {error.msg}"
        )
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deeply"
    return str(error)
