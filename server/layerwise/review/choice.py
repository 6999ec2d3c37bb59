"""Choice: which rules run, by profile, selection, team and library versions, and why each other does not."""

from collections.abc import Iterable, Mapping

from layerwise.errors import UnknownNameError
from layerwise.project.versions import Version
from layerwise.review.registry import find_rule, load_rules
from layerwise.review.rule import Rule
from layerwise.review.rule_files import RuleFile
from layerwise.review.team import WITHHELD, Team

PROFILES = ("default", "strict", "security")
NO_TEAM = Team()


def choose_rules(
    profile: str = "default", select: Iterable[str] = (), ignore: Iterable[str] = (), team: Team = NO_TEAM
) -> tuple[tuple[Rule, ...], dict[str, str]]:
    """The rules to run, and why each other rule does not.

    `profile` is default, strict or security. `select` and `ignore` take codes, names, families and code prefixes such
    as `AIO`; what is selected runs whatever the profile. Raises UnknownNameError for what names nothing.
    """
    if profile not in PROFILES:
        raise UnknownNameError("profile", profile, PROFILES)
    selected = expand_rules(select, team)
    ignored = expand_rules(ignore, team)
    chosen, skipped = [], {file.name: WITHHELD for file in team.withheld}
    for rule in (*load_rules(), *team.rules):
        if rule in ignored:
            skipped[rule.name] = "ignored"
        elif selected and rule not in selected:
            skipped[rule.name] = "not selected"
        elif not selected and not _in_profile(rule, profile):
            skipped[rule.name] = f"not in profile {profile}"
        else:
            chosen.append(rule)
    return tuple(chosen), skipped


def leave_out_of_date(
    rules: Iterable[Rule], versions: Mapping[str, Version]
) -> tuple[tuple[Rule, ...], dict[str, str]]:
    """The rules that hold for the library versions a project is locked to, and why each other does not."""
    kept, skipped = [], {}
    for rule in rules:
        known = [(name, wanted, versions.get(name)) for name, wanted in rule.versions.items()]
        older = next(
            (
                f"holds for {name} {wanted}, {version.source} has {version.number}"
                for name, wanted, version in known
                if version and version.exact and version.parts < _parts(wanted)
            ),
            None,
        )
        if older is None:
            kept.append(rule)
        else:
            skipped[rule.name] = older
    return tuple(kept), skipped


def _parts(wanted: str) -> tuple[int, ...]:
    """The lowest version that `>=2.0` allows, comparable."""
    return tuple(int(part) for part in wanted.removeprefix(">=").split("."))


def _in_profile(rule: Rule, profile: str) -> bool:
    if profile == "security":
        return rule.family in ("security", "config") or rule.code == "SYN001"
    return profile == "strict" or rule.profile == "default"


def expand_rules(keys: Iterable[str], team: Team = NO_TEAM) -> set[Rule | RuleFile]:
    """The rules that codes, names, families and code prefixes stand for; a team's that may not run as their files.

    Raises UnknownNameError for any other key.
    """
    every: tuple[Rule | RuleFile, ...] = (*load_rules(), *team.rules, *team.withheld)
    found: set[Rule | RuleFile] = set()
    for key in keys:
        wanted = key.strip().casefold()
        matching = {rule for rule in every if wanted and wanted in (rule.code.casefold(), rule.name, rule.family)}
        matching = matching or {rule for rule in every if wanted and _prefix(rule) == wanted}
        found |= matching or {find_rule(key, team.rules)}
    return found


def _prefix(rule: Rule | RuleFile) -> str:
    return rule.code.rstrip("0123456789").casefold()
