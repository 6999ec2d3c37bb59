"""Whether a skill is fit to be served: its folder is well-formed, and its triggers do what their examples say."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerwise.catalog import load_whole
from layerwise.detect.examples import Outcome, check_examples, rate
from layerwise.detect.triggers import FILE, load
from layerwise.errors import shorten
from layerwise.skills import Skill


@dataclass(frozen=True, slots=True)
class Report:
    """A skill, what each of its triggers did at each of its examples, and what else is wrong with it."""

    skill: Skill
    outcomes: dict[str, list[Outcome]]
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every example holds and nothing else is wrong."""
        return not self.faults and all(each.is_right for found in self.outcomes.values() for each in found)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data; rates are null where there is nothing to divide by."""
        rows = []
        for name, found in self.outcomes.items():
            missed, false_alarms = _list_wrong(found, wanted=True), _list_wrong(found, wanted=False)
            rates = rate(found)._asdict()
            rows.append({"name": name, "examples": len(found), **rates, "missed": missed, "false_alarms": false_alarms})
        topics = list(self.skill.topics)
        return {
            "skill": self.skill.name,
            "topics": topics,
            "triggers": rows,
            "faults": [*self.faults],
            "good": self.is_good,
        }

    def as_text(self) -> str:
        """The report in a line a trigger and one for each example that fails."""
        lines = [f"{self.skill.name}: {len(self.skill.topics)} topics, {len(self.outcomes)} triggers"]
        for name, found in self.outcomes.items():
            told = (
                f"{key} {'none' if value is None else f'{value:.2f}'}" for key, value in rate(found)._asdict().items()
            )
            lines.append(f"{name}: {', '.join(told)} ({len(found)} examples)")
            lines += [f"  does not fire: {example}" for example in _list_wrong(found, wanted=True)]
            lines += [f"  fires, but should not: {example}" for example in _list_wrong(found, wanted=False)]
        return "\n".join((*lines, *self.faults, "Good." if self.is_good else "Not good: mend what is listed."))


def check_skill(folder: Path) -> Report:
    """What is to be said of the skill in `folder`. Raises InvalidInputError, by name and reason, when malformed."""
    skill = load_whole(folder)
    if FILE not in skill.files:
        return Report(skill, {}, ())
    triggers = load(str(skill.folder))["triggers"]
    outcomes: dict[str, list[Outcome]] = {row["name"]: [] for row in triggers}
    for outcome in check_examples(str(skill.folder)):
        outcomes[outcome.trigger].append(outcome)
    return Report(skill, outcomes, tuple(_find_faults(skill, triggers)))


def _find_faults(skill: Skill, triggers: list[dict[str, Any]]) -> Iterator[str]:
    served = {name for topic in skill.topics.values() for name in topic.triggers}
    for row in triggers:
        if row["name"] not in served:
            yield f"No topic names the trigger {row['name']!r} among its triggers, so nothing can be read for it."
        if not (row["fires"] and row["stays_silent"]):
            yield f"Trigger {row['name']!r} needs examples, under fires and under stays_silent."


def _list_wrong(outcomes: list[Outcome], *, wanted: bool) -> list[str]:
    """The examples, in a line each, that the trigger got wrong among those where it was wanted, or was not."""
    wrong = (each.context for each in outcomes if not each.is_right and each.wanted == wanted)
    return [" ".join(shorten(part, 120) for part in (*context,) if part) for context in wrong]
