"""Convention: a habit of the project, with the places that show it and how sure it is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from layerwise.project.resolution import Place

_MOST_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Convention:
    """One habit: its value, up to three places that show it, how many places speak for and against, and a confidence.

    A confidence below 0.7 means that whoever relies on the value should ask.
    """

    name: str
    value: str
    confidence: float
    evidence: tuple[Place, ...] = ()
    votes_for: int = 0
    votes_against: int = 0


def vote(name: str, votes: Iterable[tuple[str, Place]]) -> Convention | None:
    """The value that most places show; None when no place shows any.

    The confidence is the share of the winner, less for few votes: one vote alone is worth 0.75.
    """
    places: dict[str, list[Place]] = defaultdict(list)
    for value, place in votes:
        places[value].append(place)
    if not places:
        return None
    value, winners = max(places.items(), key=lambda item: len(item[1]))
    total = sum(map(len, places.values()))
    share = len(winners) / total
    confidence = round(share * (1 - 0.5 ** (len(winners) + 1)), 2)
    return Convention(name, value, confidence, tuple(winners[:_MOST_EVIDENCE]), len(winners), total - len(winners))
