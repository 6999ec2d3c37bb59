"""Conventions: how a project does things, each with evidence and confidence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.project.habits.interface import read_interface
from layerwise.project.habits.layout import read_layout
from layerwise.project.habits.logic import read_logic
from layerwise.project.habits.migrations import read_migrations
from layerwise.project.habits.persistence import read_persistence
from layerwise.project.habits.testing import read_testing
from layerwise.project.index import Project
from layerwise.project.resolution import Place
from layerwise.project.votes import Convention

NAMES = (
    "package-root", "layout", "imports",
    "base", "base-kind", "mapping-style", "primary-key-type", "primary-key-name", "table-name", "relationship-lazy",
    "session-dependency", "session-form", "session-kind", "transaction-owner",
    "alembic-config", "alembic-versions", "alembic-heads",
    "schema-create", "schema-update", "schema-response", "schema-base",
    "router-aggregator", "router-prefix", "router-name", "collection-path",
    "service-form", "repository-form", "repository-base", "exceptions-module", "exception-base",
    "tests-folder", "client-fixture", "session-fixture", "async-tests",
    "formatter", "line-length", "quotes",
    "exemplar",
)  # fmt: skip
OVERRIDES = ".layerwise/conventions.toml"


@dataclass(frozen=True, slots=True)
class Conventions:
    """The habits of a project by name; one that nothing shows is absent."""

    by_name: Mapping[str, Convention]

    def value(self, name: str, default: str = "", *, least: float = 0.7) -> str:
        """The value of a habit when it is at least as sure as `least`, else `default`."""
        found = self.by_name.get(name)
        return found.value if found is not None and found.confidence >= least else default


def read_conventions(project: Project) -> Conventions:
    """The habits of a project; `.layerwise/conventions.toml` in its root has the last word.

    Raises UnknownNameError or InvalidInputError when that file names no habit or is no TOML table of strings.
    """
    found: dict[str, Convention] = {}
    for read in (read_layout, read_persistence, read_migrations, read_interface, read_logic, read_testing):
        found |= {convention.name: convention for convention in read(project) if convention is not None}
    found |= _read_overrides(project.root) if project.root else {}
    return Conventions({name: found[name] for name in NAMES if name in found})


def _read_overrides(root: Path) -> dict[str, Convention]:
    path = root / OVERRIDES
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{OVERRIDES} cannot be read: {error}. Write one habit a line: layout = 'layer'."
        ) from error
    found = {}
    for name, value in document.items():
        if name not in NAMES:
            raise UnknownNameError("convention", name, NAMES, hint=f"Correct it in {OVERRIDES}.")
        if not isinstance(value, str):
            raise InvalidInputError(f"{OVERRIDES}: {name} must be a string, not {type(value).__name__}.")
        found[name] = Convention(name, value, 1.0, (Place(OVERRIDES, 1),), 1)
    return found
