"""Logistic regression with a quadratic penalty, in plain Python, so that the same rows give the same weights anywhere."""

import math
from collections.abc import Iterable
from typing import NamedTuple

PENALTY = 0.25
ROUNDS = 200
MEMORY = 8
CLOSE = 1e-3

Vector = list[float]


class Sample(NamedTuple):
    """The features of a row by strength, whether the answer to it is yes, and how much it counts."""

    features: dict[str, float]
    wanted: bool
    importance: float


def fit(samples: Iterable[Sample]) -> dict[str, float]:
    """The weights, with `bias`, that make the samples most likely, by L-BFGS; `bias` is not penalised."""
    counted = [sample for sample in samples if sample.importance]
    names = ["bias", *sorted({name for sample in counted for name in sample.features})]
    places = {name: place for place, name in enumerate(names)}
    rows = [
        ([(0, 1.0), *((places[name], value) for name, value in sorted(sample.features.items()))], *sample[1:])
        for sample in counted
    ]
    weights = [0.0] * len(names)
    loss, slope = _judge(rows, weights)
    steps: list[tuple[Vector, Vector]] = []
    for _ in range(ROUNDS):
        direction = _choose_direction(slope, steps)
        gain = _dot(direction, slope)
        rate = 1.0 if steps else 1 / max(1.0, math.sqrt(_dot(slope, slope)))
        while True:
            moved = [weight + rate * by for weight, by in zip(weights, direction, strict=True)]
            new_loss, new_slope = _judge(rows, moved)
            if new_loss <= loss + 1e-4 * rate * gain or rate < 1e-6:
                break
            rate /= 2
        change = [after - before for after, before in zip(new_slope, slope, strict=True)]
        steps = [*steps[1 - MEMORY :], ([rate * by for by in direction], change)]
        weights, loss, slope = moved, new_loss, new_slope
        if max(map(abs, slope)) < CLOSE:
            break
    return dict(zip(names, weights, strict=True))


def _judge(rows: list[tuple[list[tuple[int, float]], bool, float]], weights: Vector) -> tuple[float, Vector]:
    """How badly the weights fit, and how that changes with each."""
    slope = [PENALTY * weight for weight in weights]
    slope[0] = 0.0
    loss = PENALTY / 2 * sum(weight * weight for weight in weights[1:])
    for features, wanted, importance in rows:
        total = 0.0
        for place, value in features:
            total += weights[place] * value
        odds = math.exp(-abs(total))
        loss += importance * (math.log1p(odds) + max(0.0, -total if wanted else total))
        miss = importance * ((1 / (1 + odds) if total > 0 else odds / (1 + odds)) - wanted)
        for place, value in features:
            slope[place] += miss * value
    return loss, slope


def _choose_direction(slope: Vector, steps: list[tuple[Vector, Vector]]) -> Vector:
    """Downhill, bent by what the last steps taught of the curvature (the two-loop recursion)."""
    direction = [-value for value in slope]
    shares = []
    for step, change in reversed(steps):
        share = _dot(step, direction) / _dot(step, change)
        shares.append(share)
        direction = [value - share * other for value, other in zip(direction, change, strict=True)]
    if steps:
        step, change = steps[-1]
        scale = _dot(step, change) / _dot(change, change)
        direction = [scale * value for value in direction]
    for (step, change), share in zip(steps, reversed(shares), strict=True):
        by = share - _dot(change, direction) / _dot(step, change)
        direction = [value + by * other for value, other in zip(direction, step, strict=True)]
    return direction


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
