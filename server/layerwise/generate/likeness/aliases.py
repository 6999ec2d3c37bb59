"""Aliases: the names that a project's answers spell in camelCase, in tests that read and write them."""

from collections.abc import Iterable, Mapping

import libcst as cst

from layerwise.generate.likeness.syntax import string_value
from layerwise.project.index import Project


def spells_camel(project: Project) -> bool:
    """Whether the project's schemas spell their fields in camelCase."""
    return any(
        item.target.endswith("alias_generators.to_camel")
        for module in project.modules.values()
        for item in module.outline.imports
    )


def map_aliases(names: Iterable[str]) -> dict[str, str]:
    """The names of more than one word, each with its alias."""
    return {name: _to_camel(name) for name in names if "_" in name}


def respell(module: cst.Module, spellings: Mapping[str, str]) -> cst.Module:
    """The module with strings that are a name among `spellings` spelled so."""
    changed = module.visit(_Respeller(spellings))
    assert isinstance(changed, cst.Module)
    return changed


class _Respeller(cst.CSTTransformer):
    def __init__(self, spellings: Mapping[str, str]) -> None:
        self.spellings = spellings

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        spelling = self.spellings.get(string_value(updated_node) or "")
        if spelling is None:
            return updated_node
        return updated_node.with_changes(
            value=f"{updated_node.prefix}{updated_node.quote}{spelling}{updated_node.quote}"
        )


def _to_camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))
