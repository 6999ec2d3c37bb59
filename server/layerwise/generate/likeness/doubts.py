"""Doubts: what was decided on thin ground or otherwise than asked, each with the flag or file that decides it."""

from collections.abc import Iterator, Sequence

from layerwise.generate.likeness.exemplar import Exemplar
from layerwise.project.conventions import OVERRIDES, Conventions

# Habits that a new resource takes over from its exemplar; where the project has two ways, another one shows the other.
_TAKEN_OVER = (
    "layout", "mapping-style", "primary-key-type", "session-form", "transaction-owner", "router-prefix",
    "service-form", "repository-form",
)  # fmt: skip
_SURE = 0.7
# Two scores this near are the same for all that they tell; the least that a layer or a verb counts is 1.
_NEAR = 0.5


def say_rivals(candidates: Sequence[Exemplar], chosen: str) -> Iterator[str]:
    """A notice where other resources would do as well as the `chosen` one; `candidates` come the best first."""
    score = next(each.score for each in candidates if each.name == chosen)
    rivals = [each for each in candidates if each.name != chosen and abs(each.score - score) <= _NEAR]
    if rivals:
        names = ", ".join(f"{each.name} ({each.model.place})" for each in rivals[:3])
        yield f"{names} would do nearly as well as {chosen}: --set exemplar={rivals[0].name} follows that instead."


def say_unsure(conventions: Conventions, exemplar: str) -> Iterator[str]:
    """A notice for the habits with a confidence below 0.7 that the exemplar decided."""
    found = [conventions.by_name[name] for name in _TAKEN_OVER if name in conventions.by_name]
    unsure = [each for each in found if each.confidence < _SURE and each.votes_against]
    if unsure:
        listed = ", ".join(
            f"{each.name} ({each.value} in {each.votes_for} of {each.votes_for + each.votes_against} places)"
            for each in unsure
        )
        yield (
            f"The project has more than one way of {listed}; {exemplar}'s was taken. --set exemplar=NAME takes "
            f"another's, {OVERRIDES} settles it for good."
        )


def say_parts(asked: Sequence[str], brought: Sequence[str]) -> Iterator[str]:
    """The notice where only some layers of a resource were asked for and others came along."""
    if brought:
        yield f"The {' and '.join(asked)} asked for imports {', '.join(brought)}; what of these was missing came along."
