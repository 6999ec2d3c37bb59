"""A skill's own examples: whether its triggers fire, and stay silent, where `triggers.toml` says that they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerwise.detect.context import Context
from layerwise.detect.engine import match_with
from layerwise.detect.triggers import load

if TYPE_CHECKING:
    from collections.abc import Iterable


class Outcome(NamedTuple):
    """What trigger `trigger` said of the example `number` (from 1) of its `key`, `fires` or `stays_silent`.

    `confidence` is 0 where the trigger stayed silent.
    """

    trigger: str
    key: str
    number: int
    context: Context
    confidence: float

    @property
    def wanted(self) -> bool:
        """Whether the example asks for the trigger to fire."""
        return self.key == "fires"

    @property
    def fired(self) -> bool:
        """Whether the trigger fired."""
        return self.confidence > 0

    @property
    def is_right(self) -> bool:
        """Whether the trigger did what the example asks for."""
        return self.fired == self.wanted


class Rates(NamedTuple):
    """Precision and recall, from 0 to 1; None where nothing fired, or where nothing should."""

    precision: float | None
    recall: float | None


def check_examples(folder: str) -> tuple[Outcome, ...]:
    """The outcome of every example in the skill in `folder`, in the file's order.

    Each trigger is asked for its own examples only, and the skill is judged alone, without other skills and without a
    project. Raises InvalidInputError, naming file, row and key, when the skill's triggers are missing or malformed.
    """
    triggers = load(folder)
    outcomes = []
    for row in triggers["triggers"]:
        for key in ("fires", "stays_silent"):
            for number, example in enumerate(row[key], start=1):
                context = Context(**example)
                found = {item.name: item.confidence for item in match_with(context, [triggers]).matches}
                outcomes.append(Outcome(row["name"], key, number, context, found.get(row["name"], 0.0)))
    return tuple(outcomes)


def rate(outcomes: Iterable[Outcome]) -> Rates:
    """How many of the fires were wanted, and how many of the wanted fires came."""
    judged = list(outcomes)
    right = sum(item.fired and item.wanted for item in judged)
    fired, wanted = sum(item.fired for item in judged), sum(item.wanted for item in judged)
    return Rates(right / fired if fired else None, right / wanted if wanted else None)
