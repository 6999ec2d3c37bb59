"""What changed in a working tree since a git revision."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from layerwise.errors import InvalidInputError, LayerwiseError, shorten
from layerwise.review.diff import diff_texts
from layerwise.review.files import read_text

_MOST_UNTRACKED = 200


def diff_since(root: Path, revision: str, paths: Sequence[str] = (), *, forked: bool = False) -> str:
    """The unified diff of the working tree below `root` against a git revision, of `paths` only where some are given.

    With `forked` against the commit at which this branch left `revision`. Files that git does not know yet are left
    out. Raises InvalidInputError for a revision that git does not know, LayerwiseError when git cannot be run.
    """
    if revision.startswith("-"):
        raise InvalidInputError(f"{shorten(revision)!r} is no git revision; give a branch, a tag or a commit.")
    base = ["--merge-base"] if forked else []
    command = ["diff", "--relative", "--no-color", "--no-ext-diff", *base, revision, "--", *paths]
    done = _run_git(root, command)
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise InvalidInputError(f"git gave no diff since {shorten(revision)!r}: {reason}")
    return done.stdout.decode("utf-8", errors="replace")


def diff_untracked(root: Path, paths: Sequence[str] = ()) -> str:
    """The Python files below `root` that git does not know and does not ignore, as a diff that adds them.

    At most 200 of them. Raises LayerwiseError when git cannot list them.
    """
    done = _run_git(root, ["ls-files", "--others", "--exclude-standard", "-z", "--", *(paths or ["*.py"])])
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise LayerwiseError(f"git could not list new files: {reason}")
    found = done.stdout.decode("utf-8", errors="surrogateescape").split("\0")
    new = [path for path in found if path.endswith(".py")][:_MOST_UNTRACKED]
    texts = ((path, read_text(root, path)) for path in new)
    return "".join(diff_texts(path, "", text) for path, text in texts if isinstance(text, str))


def _run_git(root: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        command = ["git", "-C", str(root), "-c", "core.quotePath=off", *arguments]
        return subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LayerwiseError(f"git could not be asked: {error}. Give a diff as text instead.") from error
