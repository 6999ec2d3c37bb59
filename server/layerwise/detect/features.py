"""Features of a prompt and a path: the concepts that they name, and the words by which weights were learned."""

from __future__ import annotations

from layerwise.detect.paths import classify
from layerwise.detect.words import FILE, cut, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_PROMPT = 8_000
_HEAD = 24
_LATER = 0.6
_TOKENS = 200

Spans = dict[str, list[tuple[str, int, int]]]
Features = dict[str, float]


def read_features(prompt: str, path: str, triggers: dict[str, Any]) -> tuple[Features, Spans]:
    """How strongly each feature is there, from 0 to 1, and the (source, start, end) that show it.

    A concept named among the first words weighs 1, a later one less: a long prompt mentions much in passing.
    """
    features: Features = {}
    spans: Spans = {}
    vocabulary = triggers["vocabulary"]
    tokens = cut(prompt[:MAX_PROMPT], vocabulary)

    def note(name: str, place: int, start: int, end: int) -> None:
        spans.setdefault(name, []).append(("prompt", start, end))
        features[name] = max(features.get(name, 0), 1.0 if place < _HEAD else _LATER)

    for concept, first, after in find(tokens, vocabulary):
        note(concept, first, tokens[first][1], tokens[after - 1][2])
    learned = triggers["learned_words"]
    for place, (word, start, end) in enumerate(tokens[:_TOKENS]):
        if word == FILE:
            for name in classify(prompt[start:end].strip("@*:.!?"), triggers["paths"]):
                note(f"file:{name}", place, start, end)
        elif word.lower() in learned:
            note(f"word:{word.lower()}", place, start, end)
    for name, (start, end) in classify(path, triggers["paths"]).items():
        spans[f"path:{name}"] = [("path", start, end)]
        features[f"path:{name}"] = 1.0
    return features, spans
