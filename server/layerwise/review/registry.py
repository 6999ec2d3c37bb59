"""The registry: every rule that the package `rules` holds."""

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from layerwise.errors import LayerwiseError, UnknownNameError
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


def find_rule(key: str, team: Iterable[Rule] = ()) -> Rule:
    """The rule with this code or name, in any case, those of a team too. Raises UnknownNameError naming the nearest."""
    wanted, every = key.casefold(), (*load_rules(), *team)
    for rule in every:
        if wanted in (rule.code.casefold(), rule.name):
            return rule
    raise UnknownNameError("rule", key, [name for rule in every for name in (rule.code, rule.name)])
