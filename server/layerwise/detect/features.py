"""Features of a prompt and a path: the concepts that they name, with where."""

from typing import Any

from layerwise.detect.paths import classify
from layerwise.detect.words import cut, find

MAX_PROMPT = 20_000
_HEAD = 24

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
    for concept, first, after in find(tokens, vocabulary):
        spans.setdefault(concept, []).append(("prompt", tokens[first][1], tokens[after - 1][2]))
        features[concept] = max(features.get(concept, 0), 1.0 if first < _HEAD else 0.6)
    for name, (start, end) in classify(path, triggers["paths"]).items():
        spans[f"path:{name}"] = [("path", start, end)]
        features[f"path:{name}"] = 1.0
    if path:
        return features, spans
    return features, spans
