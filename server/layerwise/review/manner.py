"""Manner: what a review looks for, and how sure it must be."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from layerwise.project.layers import LayerMap
from layerwise.project.versions import Version
from layerwise.review.choice import choose_rules, leave_out_of_date
from layerwise.review.delegated import Check, choose_checks, find_checks
from layerwise.review.finding import Finding
from layerwise.review.preferences import Preferences, read_preferences
from layerwise.review.rule import Rule

_SURE = ("high", "medium")


@dataclass(frozen=True, slots=True)
class Manner:
    """The rules to run and why others do not, the confidences that are shown, and the project's preferences.

    `checks` are those that are delegated to ruff.
    """

    rules: tuple[Rule, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    confidences: tuple[str, ...] = _SURE
    layers: LayerMap | None = None
    preferences: Preferences = field(default_factory=Preferences)
    checks: tuple[Check, ...] = ()

    @property
    def key(self) -> str:
        """A digest that differs wherever the same text would be reviewed differently."""
        rules = [rule.name for rule in self.rules], self.preferences.team.key
        parts = (rules, sorted(self.confidences), sorted((self.layers or {}).items()))
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    def shows(self, finding: Finding) -> bool:
        """Whether the project wants to see the finding."""
        return not self.preferences.ignores(finding)


def choose_manner(
    root: Path | None,
    profile: str = "",
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    team_rules: bool = False,
    versions: Mapping[str, Version] | None = None,
    rules: Sequence[Rule] | None = None,
    confidences: Iterable[str] | None = None,
    layer_map: LayerMap | None = None,
) -> Manner:
    """What was asked for, and where that leaves it open what the `[tool.layerwise]` of the project at `root` says.

    Rules that do not hold for the `versions` of libraries that the project is locked to run only when selected. `rules`
    replaces what profile, select and ignore choose, `team_rules` allows that the project's own are run. Raises
    UnknownNameError for a rule or profile that does not exist, InvalidInputError for settings that cannot be read.
    """
    own = read_preferences(root, team_rules=team_rules) if root is not None else Preferences()
    profile = profile or own.profile
    selected, ignored = tuple(select) or own.select, (*ignore, *own.ignore)
    ours = [key for key in selected if not find_checks([key])]
    chosen, skipped = choose_rules(profile, ours, [key for key in ignored if not find_checks([key])], own.team)
    if rules is not None or (selected and not ours):
        chosen, skipped = tuple(rules or ()), {}
    checks = choose_checks(profile, selected, ignored) if rules is None else ()
    if versions and rules is None and not selected:
        chosen, outdated = leave_out_of_date(chosen, versions)
        skipped |= outdated
    shown = tuple(confidences or (_SURE if profile == "default" and not selected else (*_SURE, "low")))
    return Manner(chosen, skipped, shown, layer_map or own.layers, own, checks)
