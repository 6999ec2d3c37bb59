"""Preferences: what a project's `[tool.layerwise]` says about its reviews."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, get_args

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.project.layers import Layer, LayerMap
from layerwise.review.choice import expand_rules
from layerwise.review.delegated import find_checks
from layerwise.review.finding import Finding
from layerwise.review.rule_files import find_rule_files
from layerwise.review.team import Team
from layerwise.settings import GENERAL

_KEYS = (*GENERAL, "profile", "select", "ignore", "per-file-ignores", "layers", "rules")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Preferences:
    """The project's choice of rules, the rules it ignores by path pattern, its map of layers, and rules of its own."""

    profile: str = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, frozenset[str]] = field(default_factory=dict)
    layers: LayerMap | None = None
    team: Team = field(default_factory=Team)

    def ignores(self, finding: Finding) -> bool:
        """Whether the finding's rule is ignored in its file."""
        return any(
            finding.name in names and fnmatch(finding.path, pattern) for pattern, names in self.per_file_ignores.items()
        )


def read_preferences(root: Path, *, team_rules: bool = False) -> Preferences:
    """What `pyproject.toml` in `root` says under `[tool.layerwise]`; the defaults when it says nothing.

    With `team_rules` the rule files that it names are run, which is running code of the project. Raises
    InvalidInputError for a file that is no TOML, a value of the wrong type or a rule file of the wrong form,
    OutsideRootError for rules outside the root, UnknownNameError for a key, rule or layer that does not exist.
    """
    table = _read_table(root)
    team = _find_team(root, table, team_rules)
    profile = table.get("profile", "default")
    if not isinstance(profile, str):
        raise InvalidInputError("tool.layerwise.profile must be a string: default, strict or security.")
    return Preferences(
        profile=profile,
        select=_strings(table, "select"),
        ignore=_strings(table, "ignore"),
        per_file_ignores={
            pattern: _name_rules(_strings(ignored, pattern), team)
            for ignored in [_table(table, "per-file-ignores")]
            for pattern in ignored
        },
        layers=_read_layers(_table(table, "layers")),
        team=team,
    )


def read_team(root: Path, *, may_run: bool) -> Team:
    """The rules of the project's own; nothing is run yet. Raises as `read_preferences` does for what it reads."""
    return _find_team(root, _read_table(root), may_run)


def _find_team(root: Path, table: Mapping[str, Any], may_run: bool) -> Team:
    folder = table.get("rules")
    if folder is None:
        return Team()
    if not isinstance(folder, str):
        raise InvalidInputError('tool.layerwise.rules must be the path of a folder, such as ".layerwise/rules".')
    return Team(find_rule_files(root, folder), may_run)


def _read_table(root: Path) -> Mapping[str, Any]:
    path = root / "pyproject.toml"
    if not path.is_file() or path.stat().st_size > _MAX_BYTES:
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("layerwise", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"pyproject.toml cannot be read: {error}. Mend it, then review again.") from error
    if not isinstance(table, dict):
        raise InvalidInputError("[tool.layerwise] in pyproject.toml must be a table.")
    for key in table:
        if key not in _KEYS:
            raise UnknownNameError("setting of [tool.layerwise]", key, _KEYS)
    return table


def _name_rules(keys: tuple[str, ...], team: Team) -> frozenset[str]:
    ours = expand_rules((key for key in keys if not find_checks([key])), team)
    return frozenset((*(rule.name for rule in ours), *(check.name for check in find_checks(keys))))


def _read_layers(table: Mapping[str, Any]) -> LayerMap | None:
    known: Mapping[str, Layer] = {layer: layer for layer in get_args(Layer)}
    for name in table:
        if name not in known:
            raise UnknownNameError("layer", name, known)
    return {known[name]: _strings(table, name) for name in table} or None


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InvalidInputError(f"tool.layerwise.{key} must be a table.")
    return value


def _strings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidInputError(f"tool.layerwise: {key!r} must be a string or a list of strings.")
    return tuple(value)
