"""Learns the weights of a skill's triggers from labelled rows and writes them as weights.toml.

    python tests/evals/train_triggers.py [--skill FOLDER] [--rows FILE.jsonl ...]

Logistic regression, one trigger at a time, over concepts, path classes, pairs and words; the same rows give the same
file.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from regression import Sample, fit

from layerwise.detect.compiler import compile_triggers
from layerwise.detect.features import read_features
from layerwise.detect.triggers import FILE, WEIGHTS
from layerwise.detect.words import cut

HERE = Path(__file__).parent
SKILL = HERE.parents[1] / "skills" / "python-backend-patterns"
ROWS = HERE / "data" / "triggers.jsonl"
UNRELATED = HERE / "data" / "triggers-unrelated.jsonl"
OUTSIDE = 0.05
LEAST_ROWS = 2
SMALLEST = 0.05
SMALLEST_WORD = 0.2

Row = dict[str, Any]
Learned = dict[str, dict[str, float]]


def main() -> None:
    """Train on the rows and write the weights beside the skill's triggers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skill", type=Path, default=SKILL)
    parser.add_argument("--rows", type=Path, nargs="+", default=[ROWS, UNRELATED])
    options = parser.parse_args()
    source = (options.skill / FILE).read_bytes()
    rows = [row for path in options.rows for row in read_rows(path)]
    text = render(learn(source, rows), [path.name for path in options.rows])
    (options.skill / WEIGHTS).write_text(text, encoding="utf-8")


def read_rows(path: Path) -> list[Row]:
    """The labelled rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def learn(source: bytes, rows: list[Row]) -> Learned:
    """Bias and weights for the scope and each trigger of `source`; `optional` labels teach nothing.

    The scope learns what tells any trigger from none, each half of its lesson; a trigger mostly from rows in scope.
    """
    triggers = compile_triggers("trained", source)
    triggers["learned_words"] = choose_words(rows, triggers)
    read = [
        add_pairs(read_features(row["prompt"], row.get("path", ""), triggers)[0], triggers["pairs"]) for row in rows
    ]
    inside = [row["labels"] != ["none"] for row in rows]
    balance = sum(inside) / (len(rows) - sum(inside))
    learned = {
        "scope": fit(
            Sample(features, found, 1.0 if found else balance) for features, found in zip(read, inside, strict=True)
        )
    }
    for name in (row["name"] for row in triggers["triggers"]):
        learned[name] = fit(
            Sample(features, name in row["labels"], 1.0 if found else OUTSIDE)
            for row, features, found in zip(rows, read, inside, strict=True)
            if name not in row.get("optional", ())
        )
    return learned


def choose_words(rows: list[Row], triggers: dict[str, Any]) -> set[str]:
    """The words that stand in several rows."""
    found = ({word.lower() for word, _, _ in cut(row["prompt"], triggers["vocabulary"])} for row in rows)
    counts = Counter(word for words in found for word in words)
    return {word for word, number in counts.items() if number >= LEAST_ROWS and len(word) > 1 and word.isalpha()}


def add_pairs(features: dict[str, float], pairs: Iterable[list[str]]) -> dict[str, float]:
    """The features and, for each pair of which both are there, one more."""
    found = {
        " & ".join(pair): min(features[name] for name in pair) for pair in pairs if all(p in features for p in pair)
    }
    return features | found


def render(learned: Learned, sources: list[str]) -> str:
    """The weights as TOML, the strongest first, without the weak."""
    lines = [f"# Written by tests/evals/train_triggers.py from {', '.join(sources)}; do not edit by hand."]
    for trigger, weights in learned.items():
        words = {name[5:]: weight for name, weight in weights.items() if name.startswith("word:")}
        others = {name: weight for name, weight in weights.items() if name != "bias" and name[:5] != "word:"}
        lines += ["", f"[{trigger}]", f"bias = {weights['bias']:.2f}", *list_weights(others, SMALLEST)]
        lines += ["", f"[{trigger}.words]", *list_weights(words, SMALLEST_WORD)]
    return "\n".join(lines) + "\n"


def list_weights(weights: dict[str, float], smallest: float) -> list[str]:
    """A line for each weight that is large enough."""
    ranked = sorted(weights.items(), key=lambda item: (-round(item[1], 2), item[0]))
    return [
        f"{name if name.replace('_', '').isalnum() and name.isascii() else json.dumps(name, ensure_ascii=False)} = {weight:.2f}"
        for name, weight in ranked
        if abs(weight) >= smallest
    ]


if __name__ == "__main__":
    main()
