"""The registry: every rule that the package `rules` holds."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache

from layerwise.errors import LayerwiseError, UnknownNameError
from layerwise.project.versions import Version
from layerwise.review import rules
from layerwise.review.rule import Rule


@cache
def load_rules() -> tuple[Rule, ...]:
    """All rules, ordered by code. Raises LayerwiseError when two share a code or a name, or a module lacks RULE."""
    found: list[Rule] = []
    for module in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        if not module.ispkg:
            rule = getattr(importlib.import_module(module.name), "RULE", None)
            if not isinstance(rule, Rule):
                raise LayerwiseError(f"{module.name} defines no RULE; a module under review/rules/ holds one rule.")
            found.append(rule)
    for attribute in ("code", "name"):
        _refuse_duplicates([(getattr(rule, attribute), rule.module) for rule in found])
    return tuple(sorted(found, key=lambda rule: rule.code))


def _refuse_duplicates(pairs: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for key, module in pairs:
        if key in seen:
            raise LayerwiseError(f"{module} and {seen[key]} are both called {key}; give one of them another.")
        seen[key] = module


def find_rule(key: str) -> Rule:
    """The rule with this code or name, in any case. Raises UnknownNameError naming the nearest."""
    wanted = key.casefold()
    for rule in load_rules():
        if wanted in (rule.code.casefold(), rule.name):
            return rule
    raise UnknownNameError("rule", key, [name for rule in load_rules() for name in (rule.code, rule.name)])


def choose_rules(
    profile: str = "default", select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[tuple[Rule, ...], dict[str, str]]:
    """The rules to run, and why each other rule does not.

    `profile` is default, strict or security. `select` and `ignore` take codes, names, families and code prefixes such
    as `AIO`; what is selected runs whatever the profile. Raises UnknownNameError for what names nothing.
    """
    if profile not in ("default", "strict", "security"):
        raise UnknownNameError("profile", profile, ("default", "strict", "security"))
    selected = expand_rules(select)
    ignored = expand_rules(ignore)
    chosen, skipped = [], {}
    for rule in load_rules():
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


def expand_rules(keys: Iterable[str]) -> set[Rule]:
    """The rules that codes, names, families and code prefixes stand for. Raises UnknownNameError for any other."""
    found: set[Rule] = set()
    for key in keys:
        wanted = key.strip().casefold()
        matching = {rule for rule in load_rules() if wanted in (rule.code.casefold(), rule.name, rule.family)}
        matching = matching or {
            rule for rule in load_rules() if wanted and rule.code.rstrip("0123456789").casefold() == wanted
        }
        found |= matching or {find_rule(key)}
    return found
