"""Many texts reviewed with the file rules, on all cores where that is worth starting processes."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from layerwise.project.layers import LayerMap
from layerwise.review.engine import collection_paused, inspect_text
from layerwise.review.manner import Manner
from layerwise.review.registry import find_rule, load_rules
from layerwise.review.review import FileReview
from layerwise.review.team import Team

# Starting a process costs as much as some ten thousand lines.
_LARGE = 1_500_000
_BATCH = 150_000


def review_texts(texts: Mapping[str, str], manner: Manner) -> list[FileReview]:
    """What the file rules say about each text, in order, not yet settled with its suppressions."""
    cores = os.cpu_count() or 1
    is_large = sum(map(len, texts.values())) > _LARGE
    if is_large and cores > 1 and {*manner.rules} <= {*load_rules(), *manner.preferences.team.rules}:
        try:
            return _share_out(list(texts.items()), manner, cores)
        except (OSError, BrokenProcessPool):  # no room for processes: it takes longer, but it works
            pass
    return _review([*texts.items()], manner)


def _share_out(items: Sequence[tuple[str, str]], manner: Manner, cores: int) -> list[FileReview]:
    # A fork would copy the locks of the server's threads as they happen to be.
    context = multiprocessing.get_context("spawn")
    wish = [rule.name for rule in manner.rules], manner.preferences.team, manner.confidences, manner.layers
    with ProcessPoolExecutor(cores, context, _remember, wish) as pool:
        return [review for batch in pool.map(_review_batch, _batches(items)) for review in batch]


def _batches(items: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    batch: list[tuple[str, str]] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item[1])
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_OURS: list[Manner] = []
"""In a process of the pool: the manner in which its batches are reviewed."""


def _remember(names: Sequence[str], team: Team, confidences: tuple[str, ...], layers: LayerMap | None) -> None:
    """Rules are functions of modules, so a process is told their names and loads its own."""
    _OURS.append(Manner(tuple(find_rule(name, team.rules) for name in names), confidences=confidences, layers=layers))


def _review_batch(items: Sequence[tuple[str, str]]) -> list[FileReview]:
    with collection_paused():
        return _review(items, _OURS[-1])


def _review(items: Sequence[tuple[str, str]], manner: Manner) -> list[FileReview]:
    return [
        inspect_text(text, path, rules=manner.rules, confidences=manner.confidences, layer_map=manner.layers)[0]
        for path, text in items
    ]
