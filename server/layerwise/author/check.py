"""Whether a skill is fit to be served: its folder is well-formed, and its triggers do what their examples say."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerwise.catalog import load_whole
from layerwise.detect.context import Context
from layerwise.detect.engine import match_with
from layerwise.detect.triggers import FILE
from layerwise.detect.triggers import load as load_triggers
from layerwise.skills import Skill

if TYPE_CHECKING:
    from layerwise.detect.triggers import TriggerSet


@dataclass(frozen=True, slots=True)
class Score:
    """What the examples of one trigger say: how many there are, and the prompts at which it did the contrary."""

    trigger: str
    fires: int
    stays_silent: int
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The part of the prompts that fired it at which it should fire; 1 when none did."""
        hits = self.fires - len(self.missed)
        return hits / (hits + len(self.false_alarms)) if hits + len(self.false_alarms) else 1.0

    @property
    def recall(self) -> float:
        """The part of the prompts at which it should fire that fired it."""
        return 1 - len(self.missed) / self.fires if self.fires else 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """A skill, how its triggers fare, and what else is wrong with it."""

    skill: Skill
    scores: tuple[Score, ...]
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether every example holds and nothing else is wrong."""
        return not self.faults and not any(score.missed or score.false_alarms for score in self.scores)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data."""
        return {
            "skill": self.skill.name,
            "topics": list(self.skill.topics),
            "triggers": [
                {
                    "name": score.trigger,
                    "precision": round(score.precision, 3),
                    "recall": round(score.recall, 3),
                    "examples": score.fires + score.stays_silent,
                    "missed": list(score.missed),
                    "false_alarms": list(score.false_alarms),
                }
                for score in self.scores
            ],
            "faults": list(self.faults),
            "good": self.good,
        }

    def as_text(self) -> str:
        """The report in a line a trigger and one for each example that fails."""
        lines = [f"{self.skill.name}: {len(self.skill.topics)} topics, {len(self.scores)} triggers"]
        for score in self.scores:
            examples = f"{score.fires} fire, {score.stays_silent} stay silent"
            lines.append(f"{score.trigger}: precision {score.precision:.2f}, recall {score.recall:.2f} ({examples})")
            lines += [f"  does not fire: {prompt}" for prompt in score.missed]
            lines += [f"  fires, but should not: {prompt}" for prompt in score.false_alarms]
        return "\n".join((*lines, *self.faults, "Good." if self.good else "Not good: mend what is listed."))


def check_skill(folder: Path) -> Report:
    """What is to be said of the skill in `folder`. Raises InvalidInputError, by name and reason, when malformed."""
    skill = load_whole(folder)
    if FILE not in skill.files:
        return Report(skill, (), ())
    triggers = load_triggers(str(skill.folder))
    served = {name for topic in skill.topics.values() for name in topic.triggers}
    faults = []
    for row in triggers["triggers"]:
        if row["name"] not in served:
            faults.append(
                f"No topic names the trigger {row['name']!r} among its triggers, so nothing can be read for it."
            )
        if not (row["fires"] and row["stays_silent"]):
            faults.append(f"Trigger {row['name']!r} needs examples: prompts under fires and under stays_silent.")
    return Report(skill, tuple(_score(row, triggers) for row in triggers["triggers"]), tuple(faults))


def _score(row: dict[str, Any], triggers: "TriggerSet") -> Score:
    def fired(prompt: str) -> bool:
        return any(found.name == row["name"] for found in match_with(Context(prompt=prompt), [triggers]).matches)

    return Score(
        row["name"],
        len(row["fires"]),
        len(row["stays_silent"]),
        tuple(prompt for prompt in row["fires"] if not fired(prompt)),
        tuple(prompt for prompt in row["stays_silent"] if fired(prompt)),
    )
