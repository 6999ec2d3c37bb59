"""What reaches the terminal: answers on standard output, progress and errors on standard error."""

import json
import os
import re
import sys
from typing import Any

_STYLES = {"error": "31", "warning": "33", "info": "36", "+": "32", "-": "31", "@@": "36"}


def print_answer(data: Any, text: str, *, as_json: bool) -> None:
    """Print the text, coloured on a terminal, or with `as_json` one JSON object and nothing else."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write((_colour(text) if _is_coloured() else text).rstrip("\n") + "\n")


def print_error(message: str) -> None:
    """Print an error for people; never more than a screen of it."""
    sys.stderr.write(f"layerwise: {message[:4000]}\n")


def print_progress(done: int, total: int, step: str) -> None:
    """Show a step of long work, on a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r\x1b[K[{done}/{total}] {step}{end}")
        sys.stderr.flush()


def _is_coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _colour(text: str) -> str:
    pattern = re.compile(r"^(?:(\+|-|@@).*|.*? (error|warning|info) .*)$", re.MULTILINE)
    return pattern.sub(lambda line: f"\x1b[{_STYLES[line[1] or line[2]]}m{line[0]}\x1b[0m", text)
