"""Nearby: what the configuration nearest to a file says, where a project may hold several."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from layerwise.review.files import read_text


def nearby_texts(root: Path | None, path: str, names: Iterable[str]) -> Iterator[str]:
    """The texts of the files called one of `names`, from the folder of `path` up to the root; none without a root."""
    if root is None:
        return
    wanted = tuple(names)
    for folder in PurePosixPath(path).parents:
        for name in wanted:
            text = read_text(root / folder, name)
            if isinstance(text, str):
                yield text
