"""What changed in a working tree since a git revision."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from layerwise.errors import InvalidInputError, LayerwiseError, shorten


def diff_since(root: Path, revision: str, paths: Sequence[str]) -> str:
    """The unified diff of the working tree below `root` against a git revision, of `paths` only where some are given.

    Raises InvalidInputError for a revision that git does not know, LayerwiseError when git cannot be run.
    """
    if revision.startswith("-"):
        raise InvalidInputError(f"{shorten(revision)!r} is no git revision; give a branch, a tag or a commit.")
    command = ["git", "-C", str(root), "diff", "--relative", "--no-color", "--no-ext-diff", revision, "--", *paths]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LayerwiseError(f"git could not be asked for the diff: {error}. Give a diff as text instead.") from error
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise InvalidInputError(f"git gave no diff since {shorten(revision)!r}: {reason}")
    return done.stdout.decode("utf-8", errors="replace")
