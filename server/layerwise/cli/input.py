"""What is read for a command: standard input and files, as text."""

import sys
from pathlib import Path

from layerwise.errors import InvalidInputError

# Longer input is a mistake, not a request; the limit keeps a wrong pipe from filling memory.
_MOST_BYTES = 5_000_000


def read_input() -> str:
    """Standard input. Raises InvalidInputError when it is too long or not UTF-8."""
    return _decode(sys.stdin.buffer.read(_MOST_BYTES + 1), "standard input")


def read_file(path: Path) -> str:
    """A file that the command line names. Raises InvalidInputError when it cannot be read as text."""
    try:
        with path.open("rb") as file:
            return _decode(file.read(_MOST_BYTES + 1), str(path))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error


def _decode(content: bytes, name: str) -> str:
    if len(content) > _MOST_BYTES:
        raise InvalidInputError(f"{name} is larger than {_MOST_BYTES:,} bytes; give a part of it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{name} is not UTF-8 (byte {error.start}); convert it first.") from error
