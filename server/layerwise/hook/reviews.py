"""After an edit and at the end of a turn: a review of just what changed."""

from pathlib import Path

from layerwise.errors import InvalidInputError, LayerwiseError
from layerwise.hook.edits import diff_edit, locate_edit, read_edits
from layerwise.hook.forms import Event
from layerwise.hook.memory import recall, remember
from layerwise.review.diff import diff_texts
from layerwise.review.files import read_text
from layerwise.review.report import as_text
from layerwise.review.review import Review
from layerwise.review.revision import diff_since, diff_untracked
from layerwise.review.run import review

EDIT_TOKENS = 800
STOP_TOKENS = 1500


def answer_edit(event: Event, root: Path, mode: str) -> str:
    """The findings on the lines that the edit changed, at most 800 tokens; empty when there are none."""
    cwd = event.get("cwd")
    found = _review(root, "".join(_diff_edits(event, root, cwd if isinstance(cwd, str) else "")))
    if not found or not found.findings:
        return ""
    wish = "Fix what it found before you go on" if mode == "auto" else "You may want to fix what it found"
    return f"Layerwise reviewed your edit. {wish}.\n{as_text(found, EDIT_TOKENS).text}"


def answer_stop(root: Path, mode: str) -> str:
    """The findings on everything that changed since the last commit, at most 1,500 tokens; empty when there are none.

    Empty too when all of them were shown at the end of an earlier turn. Raises LayerwiseError where there is no git.
    """
    found = _review(root, _diff_tracked(root) + diff_untracked(root))
    if not found or not found.findings:
        return ""
    fingerprints = {finding.fingerprint for finding in found.findings}
    if fingerprints <= recall(root):
        return ""
    remember(root, fingerprints)
    wish = "Fix what it found, or say why not, before you finish" if mode == "auto" else "Worth a look"
    return f"Layerwise reviewed the whole change. {wish}.\n{as_text(found, STOP_TOKENS).text}"


def _review(root: Path, diff: str) -> Review | None:
    return review(diff=diff, root=root) if diff else None


def _diff_edits(event: Event, root: Path, cwd: str) -> list[str]:
    diffs = []
    for edited in read_edits(event):
        path = locate_edit(edited.path, root, cwd)
        after = read_text(root, path) if path else None
        if path and isinstance(after, str):
            diffs.append(diff_edit(path, after, edited.replacements) or _diff_file(root, path, after))
    return diffs


def _diff_file(root: Path, path: str, after: str) -> str:
    """What changed in a file since the last commit, or all of it where git does not know it."""
    try:
        return diff_since(root, "HEAD", [path]) or diff_texts(path, "", after)
    except LayerwiseError:
        return diff_texts(path, "", after)


def _diff_tracked(root: Path) -> str:
    try:
        return diff_since(root, "HEAD", [])
    except InvalidInputError:  # nothing is committed yet
        return ""
