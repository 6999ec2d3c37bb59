"""The folder that is published: an Agent Plugin that is also a Claude Code plugin, server.json, and an MCPB bundle."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from layerwise import __version__
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import read_bytes
from layerwise.changes.paths import locate, resolve_inside, resolve_root
from layerwise.errors import InvalidInputError
from layerwise.install.launcher import NAME
from layerwise.install.manifests import (
    describe_bundle,
    describe_claude_hooks,
    describe_claude_plugin,
    describe_claude_servers,
    describe_plugin,
    describe_plugin_servers,
    describe_registry,
)
from layerwise.skills import Skill

_BUNDLE_PROJECT = f"""[project]
name = "{NAME}-bundle"
version = "{__version__}"
requires-python = ">=3.11"
dependencies = ["{NAME}=={__version__}"]
"""
_BUNDLE_SERVER = f"""import sys

from {NAME}.__main__ import main

sys.exit(main())
"""


def plan_package(root: Path, folder: str, skills: Mapping[str, Skill]) -> ChangeSet:
    """The change set that makes `folder`, below `root`, the published folder of this version.

    Files of an earlier version's skills go. Raises OutsideRootError for a folder that is not below the root,
    InvalidInputError for the root itself.
    """
    root = resolve_root(root)
    target = resolve_inside(root, folder)
    if target == root:
        raise InvalidInputError("The package needs a folder of its own; name one below the root, such as dist/plugin.")
    base = PurePosixPath(target.relative_to(root).as_posix())
    files = {str(base / path): content for path, content in list_files(skills).items()}
    changes = [
        Change(path, before, after)
        for path, after in files.items()
        if (before := read_bytes(locate(root, path))) != after
    ]
    stale = [path for path in _list_skill_files(root, base) if path not in files]
    changes += [Change(path, read_bytes(locate(root, path)), None) for path in stale]
    return ChangeSet(
        root,
        tuple(changes),
        next_steps=(
            f"claude plugin validate {base}",
            f"npx @anthropic-ai/mcpb pack {base}/mcpb {base}.mcpb",
            f"mcp-publisher publish, in {base}",
        ),
    )


def list_files(skills: Mapping[str, Skill]) -> dict[str, bytes]:
    """The published files by path; the skills are the same bytes as those that the server serves."""
    files = {
        "plugin.json": _dump(describe_plugin()),
        "mcp.json": _dump(describe_plugin_servers()),
        ".claude-plugin/plugin.json": _dump(describe_claude_plugin()),
        ".mcp.json": _dump(describe_claude_servers()),
        "hooks/hooks.json": _dump(describe_claude_hooks()),
        "server.json": _dump(describe_registry()),
        "mcpb/manifest.json": _dump(describe_bundle()),
        "mcpb/pyproject.toml": _BUNDLE_PROJECT.encode(),
        "mcpb/src/server.py": _BUNDLE_SERVER.encode(),
    }
    for name, skill in skills.items():
        files |= {f"skills/{name}/{path}": (skill.folder / path).read_bytes() for path in skill.files}
    return files


def _list_skill_files(root: Path, base: PurePosixPath) -> Iterator[str]:
    folder = locate(root, str(base / "skills"))
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix()


def _dump(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
