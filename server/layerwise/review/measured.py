"""Measured: how often a rule was right on public code, as counted by reading its findings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

FILE = Path(__file__).with_name("measured.json")
WANTED = {"error": 0.9, "warning": 0.75, "info": 0.75}
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Measured:
    """Of `labelled` findings of a rule, `right` said what is true there and `useful` are worth a review's time."""

    labelled: int
    right: int
    useful: int

    @property
    def precision(self) -> float:
        """The share that was right, from 0 to 1."""
        return self.right / self.labelled

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the precision at 95 %."""
        return interval(self.right, self.labelled)

    def describe(self) -> str:
        """One phrase: `11 of 12 findings in public code right (95 % interval 0.65 to 0.99), 9 useful`."""
        low, high = self.interval
        return (
            f"{self.right} of {self.labelled} findings in public code right "
            f"(95 % interval {low:.2f} to {high:.2f}), {self.useful} useful"
        )


def interval(right: int, count: int) -> tuple[float, float]:
    """Wilson's interval at 95 % of the share that `right` of `count` shows, at least one."""
    share = right / count
    middle = share + _Z**2 / (2 * count)
    spread = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    scale = 1 + _Z**2 / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@cache
def load_measured() -> Mapping[str, Measured]:
    """The counts by rule name; a rule that reported nothing in the projects that were read is absent."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))["rules"]
    return {name: Measured(row["labelled"], row["right"], row["useful"]) for name, row in rows.items()}


def describe_measured(name: str) -> str:
    """How often the rule was right, or that this was not measured."""
    found = load_measured().get(name)
    return f"measured: {found.describe()}" if found else "not measured: it reported nothing in the public code read"
