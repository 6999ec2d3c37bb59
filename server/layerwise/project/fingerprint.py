"""The fingerprint of a tree: it changes when anything changes that is read of the tree."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from layerwise.project.tree import Tree, walk_tree
from layerwise.project.versions import Version, find_versions

_SETTINGS = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")


def hash_tree(root: Path) -> str:
    """A digest of the Python files below `root`, the settings beside them, and the versions that the project names.

    Raises InvalidInputError when `root` is not a folder that can be read.
    """
    tree = walk_tree(root)
    digest = hashlib.blake2b(repr((tree.folders, tree.skipped)).encode("utf-8", "surrogateescape"), digest_size=16)
    for path in tree.files:
        content = _read(root / path)
        digest.update(path.encode("utf-8", "surrogateescape"))
        digest.update(hashlib.blake2b(content, digest_size=16).digest())
    for folder in tree.folders:
        for name in _SETTINGS:
            with suppress(OSError):
                digest.update(hashlib.blake2b((root / folder / name).read_bytes(), digest_size=16).digest())
    digest.update(repr(sorted(_find_versions(tree).items())).encode())
    return digest.hexdigest()


def read_versions(root: Path) -> Mapping[str, Version]:
    """The versions of libraries that the project at `root`, or a folder near its top, names or has installed."""
    return _find_versions(walk_tree(root))


def _find_versions(tree: Tree) -> Mapping[str, Version]:
    return find_versions(tree.root, tuple(folder for folder in tree.folders if folder.count("/") < 2))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        return repr(error).encode("utf-8", "surrogateescape")
