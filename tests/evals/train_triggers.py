"""Learns the weights of a skill's triggers from labelled rows and writes them as weights.toml.

    python tests/evals/train_triggers.py [--skill FOLDER] [--rows FILE.jsonl ...]

Logistic regression with a quadratic penalty, one trigger at a time, in plain Python; the same rows give the same file.
"""

import argparse
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from layerwise.detect.compiler import compile_triggers
from layerwise.detect.features import read_features
from layerwise.detect.triggers import FILE, WEIGHTS

HERE = Path(__file__).parent
SKILL = HERE.parents[1] / "skills" / "python-backend-patterns"
ROWS = HERE / "data" / "triggers.jsonl"
PENALTY = 0.3
OUTSIDE = 0.05
ROUNDS = 300
RATE = 0.5
SMALLEST = 0.05

Row = dict[str, Any]
Sample = tuple[dict[str, float], float, float]


def main() -> None:
    """Train on the rows and write the weights beside the skill's triggers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skill", type=Path, default=SKILL)
    parser.add_argument("--rows", type=Path, nargs="+", default=[ROWS])
    options = parser.parse_args()
    source = (options.skill / FILE).read_bytes()
    rows = [row for path in options.rows for row in read_rows(path)]
    text = render(learn(source, rows), [path.name for path in options.rows])
    (options.skill / WEIGHTS).write_text(text, encoding="utf-8")


def read_rows(path: Path) -> list[Row]:
    """The labelled rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def learn(source: bytes, rows: list[Row]) -> dict[str, dict[str, float]]:
    """Bias and weights for the scope and each trigger of `source`; `optional` labels teach nothing.

    The scope learns what tells any trigger from none, each half of its lesson; a trigger mostly from rows in scope.
    """
    triggers = compile_triggers("trained", source)
    pairs = triggers["pairs"]
    read = [add_pairs(read_features(row["prompt"], row.get("path", ""), triggers)[0], pairs) for row in rows]
    inside = [row["labels"] != ["none"] for row in rows]
    balance = sum(inside) / (len(rows) - sum(inside))
    scope = [(features, float(found), 1.0 if found else balance) for features, found in zip(read, inside, strict=True)]
    learned = {"scope": fit(scope)}
    for trigger in triggers["triggers"]:
        name = trigger["name"]
        learned[name] = fit(
            [
                (features, float(name in row["labels"]), 1.0 if found else OUTSIDE)
                for row, features, found in zip(rows, read, inside, strict=True)
                if name not in row.get("optional", ())
            ]
        )
    return learned


def add_pairs(features: dict[str, float], pairs: Iterable[list[str]]) -> dict[str, float]:
    """The features and, for each pair of which both are there, one more."""
    found = {
        " & ".join(pair): min(features[name] for name in pair) for pair in pairs if all(p in features for p in pair)
    }
    return features | found


def fit(samples: list[Sample]) -> dict[str, float]:
    """Weights, with `bias`, that make the samples (features, wanted, importance) most likely, by AdaGrad."""
    names = sorted({name for features, _, _ in samples for name in features})
    weights = dict.fromkeys(["bias", *names], 0.0)
    weights["bias"] = -2.0
    squares = dict.fromkeys(weights, 1e-8)
    for _ in range(ROUNDS):
        slopes = {name: 0.0 if name == "bias" else PENALTY * weight for name, weight in weights.items()}
        for features, wanted, importance in samples:
            total = weights["bias"] + sum(weights[name] * value for name, value in features.items())
            miss = importance * (1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - wanted)
            slopes["bias"] += miss
            for name, value in features.items():
                slopes[name] += miss * value
        for name, slope in slopes.items():
            squares[name] += slope * slope
            weights[name] -= RATE * slope / math.sqrt(squares[name])
    return weights


def render(learned: dict[str, dict[str, float]], sources: list[str]) -> str:
    """The weights as TOML, the strongest first."""
    lines = [f"# Written by tests/evals/train_triggers.py from {', '.join(sources)}; do not edit by hand."]
    for trigger, weights in learned.items():
        lines += ["", f"[{trigger}]", f"bias = {weights['bias']:.2f}"]
        ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        lines += [
            f"{json.dumps(name) if set(name) & set(': &') else name} = {weight:.2f}"
            for name, weight in ranked
            if name != "bias" and abs(weight) >= SMALLEST
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
