"""Given: what a review is asked to look at: texts, files below a root, or the added lines of a diff."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.changes.paths import resolve_inside
from layerwise.errors import InvalidInputError, LayerwiseError
from layerwise.review.diff import ChangedFile, read_diff
from layerwise.review.files import Unreadable, find_files, read_text
from layerwise.review.finding import Finding


@dataclass(frozen=True, slots=True)
class Given:
    """The texts to review by path, the changed files of the diff by path, and what could not be read.

    `partial` names the texts that are only what the diff shows of a file, `drafts` those that were given as text.
    """

    texts: Mapping[str, str]
    changed: Mapping[str, ChangedFile]
    partial: frozenset[str]
    drafts: frozenset[str]
    unreadable: tuple[Unreadable, ...]

    @property
    def whole(self) -> dict[str, str]:
        """The texts that are whole files or snippets, not only what a diff shows of a file."""
        return {path: text for path, text in self.texts.items() if path not in self.partial}

    def wants(self, finding: Finding) -> bool:
        """Whether the finding, or a step of its trace, stands on an added line; always, where no diff was given."""
        if not self.changed:
            return True
        places = [(finding.path, line) for line in range(finding.span.line, finding.span.end_line + 1)]
        places += [(step.path, step.line) for step in finding.trace]
        return any(path in self.changed and line in self.changed[path].added for path, line in places)

    def presentable(self, finding: Finding) -> Finding:
        """The finding without its fix where the offsets would not be those of the file."""
        return replace(finding, fix=None) if finding.fix and finding.path in self.partial else finding


def gather(paths: Iterable[str | Path], texts: Mapping[str, str], diff: str | None, root: Path | None) -> Given:
    """Read what is asked for. Raises InvalidInputError and OutsideRootError as `find_files` and `read_diff` do."""
    wanted = list(paths)
    if wanted and root is None:
        raise InvalidInputError("Paths were given without a project root; say which folder they are below.")
    given = dict(texts)
    unreadable: list[Unreadable] = []
    if root is not None:
        for path in find_files(root, wanted):
            text = read_text(root, path)
            if isinstance(text, Unreadable):
                unreadable.append(text)
            else:
                given[path] = text
    changed = {file.path: file for file in read_diff(diff or "") if file.path.endswith(".py") and file.added}
    partial: set[str] = set()
    for path, file in changed.items():
        whole = _text_after(file, root)
        given[path] = file.text if whole is None else whole
        if whole is None:
            partial.add(path)
    return Given(given, changed, frozenset(partial), frozenset(texts), tuple(unreadable))


def _text_after(file: ChangedFile, root: Path | None) -> str | None:
    """The whole file where the tree holds it as the diff leaves it, else None."""
    if root is not None:
        try:
            place = resolve_inside(root, file.path)
        except LayerwiseError:
            return None
        text = read_text(root, file.path) if place.is_file() else None
        if isinstance(text, str) and file.matches(text):
            return text
    return None
