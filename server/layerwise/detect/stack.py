"""Which packages a project depends on, read from the files nearest to a path."""

# pathlib would add a tenth to the time that a prompt hook takes to start.
# ruff: noqa: PTH100, PTH118, PTH120, PTH123

import os
import re

_MAX_BYTES = 100_000
_FILES = ("pyproject.toml", "requirements.txt", "requirements.in", "setup.cfg", "setup.py", "Pipfile", "package.json")
_NAME = r"""(?:^|["'\s,\[])([A-Za-z][A-Za-z0-9._-]{1,60})(?=\s*(?:\[[\w, -]*\])?\s*(?:[=<>~!;"',]|$))"""


def read_dependencies(root: str, path: str) -> set[str]:
    """Names (lower case, hyphens) in the dependency files of the folder nearest to `path`, up to `root`."""
    root = os.path.abspath(root)
    folder = os.path.dirname(os.path.join(root, path)) if path else root
    folder = os.path.abspath(folder)
    if folder != root and not folder.startswith(root + os.sep):
        folder = root
    while True:
        if found := _read_folder(folder):
            return found
        if folder == root:
            return set()
        folder = os.path.dirname(folder)


def _read_folder(folder: str) -> set[str]:
    found: set[str] = set()
    for name in _FILES:
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text = file.read(_MAX_BYTES)
        except OSError:
            continue
        found |= {match[1].lower().replace("_", "-") for match in re.finditer(_NAME, text, re.M)}
    return found
