"""Likeness: the files of a new resource, made from those of the exemplar, and the edits that make it known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from layerwise.errors import InvalidInputError
from layerwise.generate.likeness.absent import Absent
from layerwise.generate.likeness.aliases import map_aliases, respell, spells_camel
from layerwise.generate.likeness.attributes import Attribute, Target
from layerwise.generate.likeness.declaring import Declarer
from layerwise.generate.likeness.exemplar import Bond, Exemplar, is_about, is_about_any
from layerwise.generate.likeness.expanding import Expander, Expansion
from layerwise.generate.likeness.mentions import Mentions
from layerwise.generate.likeness.renaming import Renaming, entity_words
from layerwise.generate.likeness.rows import Maker, find_maker
from layerwise.generate.likeness.sibling import Sibling
from layerwise.generate.likeness.syntax import (
    Scope,
    parse_module,
    rename_tree,
    text_of,
    walk,
)
from layerwise.generate.names import words
from layerwise.project.index import Project
from layerwise.project.layers import layer_of_path
from layerwise.project.module import JOINT


@dataclass(frozen=True)
class Likeness:
    """A wish and the exemplar that it follows.

    `paired` maps bonds of the exemplar to the references that take their place; `kept` bonds stay (the owner of rows);
    `dropped` ones have no counterpart.
    """

    project: Project
    exemplar: Exemplar
    renaming: Renaming
    attributes: tuple[Attribute, ...]
    paired: Mapping[Bond, Attribute]
    kept: tuple[Bond, ...]
    dropped: tuple[Bond, ...]

    def rename(self, text: str) -> str:
        return self.renaming.rename(text)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The attributes and keywords that the exemplar's code defines."""
        found: set[str] = set()
        for path in (*self.exemplar.owned, *self.shared):
            module = self.project.modules[path]
            found.add(path.rpartition("/")[2].removesuffix(".py"))
            found |= set(path.split("/")[:-1])
            for function in module.outline.functions:
                found |= {function.name, *(parameter.name for parameter in function.parameters)}
            for klass in module.outline.classes:
                found |= {klass.name, *(each.name for each in klass.fields)}
            found |= set(module.variables) | set(module.imports)
            for body in module.bodies.values():
                found |= {each.name.rpartition(".")[2] for each in body.bindings if "." in each.name}
        found |= {bond.inverse for bond in self.exemplar.bonds if bond.inverse}
        return frozenset(found)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Files that define something of the exemplar's beside others' things."""
        others = {path for path in self.project.modules if self._is_anothers(path)}
        found = []
        for path, module in sorted(self.project.modules.items()):
            if path in self.exemplar.owned or path in others or self.project.layers[path] in ("migration", "script"):
                continue
            if self.project.layers[path] == "test" and _holds_tests(path):
                continue
            names = [each.name for each in module.outline.classes if "." not in each.qualname]
            names += [each.name for each in module.outline.functions if not each.owner]
            if any(self.renaming.concerns(name) for name in (*names, *module.variables)):
                found.append(path)
        return tuple(found)

    def _is_anothers(self, path: str) -> bool:
        return is_about_any(path, frozenset(self.renaming.kept)) or (
            not is_about(path, self.exemplar.words) and is_about_any(path, self._other_words)
        )

    @cached_property
    def _other_words(self) -> frozenset[tuple[str, ...]]:
        models = self.project.models.values()
        return frozenset(entity_words(model.name) for model in models) - {self.exemplar.words}

    @cached_property
    def wired(self) -> tuple[str, ...]:
        """Files that import something of the exemplar's and may have to do so for the new resource."""
        own = {*self.exemplar.owned, *self.shared}
        found = []
        for path, module in sorted(self.project.modules.items()):
            layer = self.project.layers[path]
            if path in own or layer == "script" or (layer == "test" and _holds_tests(path)) or self._is_anothers(path):
                continue
            if layer == "migration" and not path.endswith("env.py"):
                continue
            for item in module.outline.imports:
                source = self.project.resolve(path, item.name).partition(JOINT)[0]
                if source in own and (self.renaming.concerns(item.target) or self.renaming.concerns(item.name)):
                    found.append(path)
                    break
        return tuple(found)

    @cached_property
    def inverted(self) -> tuple[Bond, ...]:
        """The bonds that the other side knows of, too, and still leads to."""
        same = [bond for bond in self.paired if not self.is_moved(bond)]
        return tuple(bond for bond in (*self.kept, *same) if bond.inverse)

    @property
    def edited(self) -> tuple[str, ...]:
        """All files that are there and may have to name the new resource."""
        related = [bond.target.place.path for bond in self.inverted]
        return tuple(dict.fromkeys((*self.shared, *self.wired, *related)))

    def read(self, path: str) -> str:
        """A file's text. Raises InvalidInputError when it cannot be read any more."""
        text = self.project.modules[path].text
        if text is None:
            raise InvalidInputError(f"{path} cannot be read any more; ask again.")
        return text

    def copy(self, path: str, expansion: Expansion) -> str:
        """An owned file in the new resource's name and with its fields."""
        module = parse_module(self.read(path), path)
        if self.is_test(path) and spells_camel(self.project):
            columns = (column.name for column in self.exemplar.model.columns)
            module = respell(module, {alias: name for name, alias in map_aliases(columns).items()})
        foreign = self.foreign_names(module)
        renamed = rename_tree(module, self.rename, self._scope(foreign))
        expander = self.expander(path, foreign, expansion)
        body = expander.expand_body([line for line in renamed.body if isinstance(line, cst.BaseStatement)], frozenset())
        return renamed.with_changes(body=body).code

    def spell(self, path: str, text: str) -> str:
        """A new test with the names in what it sends and reads as the project's schemas spell them."""
        if not spells_camel(self.project):
            return text
        names = [each.name for each in self.attributes]
        names += [self.rename(column.name) for column in self.exemplar.model.columns]
        return respell(parse_module(text, path), map_aliases(names)).code

    def edit(self, path: str, expansion: Expansion) -> tuple[str, list[str]]:
        """A shared or wired file with the new resource beside the exemplar, and what is left to do by hand."""
        text = self.read(path)
        module = parse_module(text, path)
        foreign = self.foreign_names(module)
        expander = self.expander(path, foreign, expansion)

        def clone(run: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
            return expander.expand_body(
                [rename_tree(line, self.rename, self._scope(foreign)) for line in run], frozenset()
            )

        sibling = Sibling(
            concerns=self.renaming.concerns,
            rename=self.rename,
            clone=clone,
            is_local=lambda node: self._is_local(path, node),
            defines=path in self.shared,
            relations=frozenset(
                (bond.target.name, bond.inverse) for bond in self.inverted if bond.target.place.path == path
            ),
        )
        changed = sibling.edit(module)
        return (text if changed is module else changed.code), sibling.steps

    def _scope(self, foreign: frozenset[str]) -> Scope:
        return Scope(self.own_names, foreign, self._common_names)

    @cached_property
    def _common_names(self) -> frozenset[str]:
        """The fields of schemas for any entity that are called like this one: `items` of a page, for Item."""
        return frozenset(
            each.name
            for schema in self.project.schemas.values()
            if not self.renaming.concerns(schema.name)
            for each in schema.fields
            if self.renaming.concerns(each.name)
        )

    def is_moved(self, bond: Bond) -> bool:
        """Whether a paired bond leads to another model than the exemplar's."""
        target = self.paired[bond].target
        return target is None or target.name != bond.target.name

    def _is_local(self, path: str, node: cst.ImportFrom | cst.Import) -> bool:
        if isinstance(node, cst.ImportFrom):
            if node.relative:
                return True
            return node.module is not None and self._in_project(text_of(node.module), path)
        return any(self._in_project(text_of(alias.name), path) for alias in node.names)

    def _in_project(self, dotted: str, path: str) -> bool:
        if self.project.names.find(dotted, path):
            return True
        head = dotted.partition(".")[0]
        return any(module.name.partition(".")[0] == head for module in self.project.modules.values())

    def foreign_names(self, module: cst.Module) -> frozenset[str]:
        """The names that a module imports from libraries, and the first parts of those libraries' names."""
        found: set[str] = set()
        for node in walk(module):
            if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
                dotted = text_of(node.module)
                if not self._in_project(dotted, "") and not isinstance(node.names, cst.ImportStar):
                    found |= {text_of(each.asname.name if each.asname else each.name) for each in node.names}
                    found.add(dotted.partition(".")[0])
            elif isinstance(node, cst.Import):
                for alias in node.names:
                    if not self._in_project(text_of(alias.name), ""):
                        name = text_of(alias.asname.name) if alias.asname else text_of(alias.name)
                        found.add(name.partition(".")[0])
        return frozenset(found)

    @cached_property
    def model_name(self) -> str:
        return self.rename(self.exemplar.name)

    def serves(self, path: str) -> bool:
        """Whether a file, of the project or new, holds the resource's routes."""
        return any(path in (route.place.path, self.rename(route.place.path)) for route in self.exemplar.routes)

    @property
    def is_there(self) -> bool:
        """Whether the project has the new resource's model already."""
        return self.model_name in {model.name for model in self.project.models.values()}

    @property
    def table(self) -> str:
        """The new resource's table, named as the exemplar's is."""
        table = self.exemplar.model.table
        return self.rename(table) if table else "_".join(words(self.model_name))

    @cached_property
    def makers(self) -> dict[str, Maker]:
        """How tests make the rows that the new resource refers to, by attribute."""
        found = {}
        for attribute in self.attributes:
            if attribute.target is not None and (maker := find_maker(self.project, attribute.target)):
                found[attribute.name] = maker
        return found

    @cached_property
    def moved_makers(self) -> list[tuple[Target, Maker]]:
        """The models that references lead to now in place of others, and how tests make rows of them."""
        targets = [attribute.target for bond, attribute in self.paired.items() if self.is_moved(bond)]
        makers = [(target, find_maker(self.project, target)) for target in targets if target is not None]
        return [(target, maker) for target, maker in makers if maker is not None]

    def is_test(self, path: str) -> bool:
        """Whether a file, of the project or new, is a test's."""
        layer = self.project.layers.get(path)
        return layer == "test" or (layer is None and layer_of_path(path) == "test")

    def expander(self, path: str, foreign: frozenset[str], expansion: Expansion) -> Expander:
        names = {self.rename(column.name) for column in self.exemplar.fields}
        gone = {self.rename(bond.attribute) for bond in self.dropped}
        names |= gone
        key = self.exemplar.key
        testing = self.is_test(path)
        return Expander(
            mentions=Mentions(names, foreign | self._other_models, self._takers, self._other_rows),
            declarer=self._declarer(path, frozenset(names)),
            attributes=tuple(each for each in self.attributes if not testing or self._is_testable(each)),
            key=key.name if key else "id",
            models=frozenset({self.model_name}),
            absent=self._absent(path),
            testing=testing,
            expansion=expansion,
        )

    @cached_property
    def _other_models(self) -> frozenset[str]:
        """The classes of other models: what their rows are made of is theirs."""
        return frozenset(model.name for model in self.project.models.values()) - {self.exemplar.name, self.model_name}

    @cached_property
    def _other_rows(self) -> frozenset[str]:
        """What variables with rows of other models are called."""
        own = {"_".join(entity_words(name)) for name in (self.exemplar.name, self.model_name)}
        return frozenset("_".join(entity_words(name)) for name in self._other_models) - own

    @cached_property
    def _takers(self) -> dict[str, frozenset[str]]:
        """The exemplar's functions that take its fields, by the name that the new resource's have, with the fields."""
        fields = {column.name for column in self.exemplar.fields}
        found: dict[str, frozenset[str]] = {}
        for path in (*self.exemplar.owned, *self.shared):
            for function in self.project.modules[path].outline.functions:
                if taken := fields & {each.name for each in function.parameters}:
                    name = self.rename(function.name)
                    found[name] = found.get(name, frozenset()) | frozenset(map(self.rename, taken))
        return found

    def _absent(self, path: str) -> Absent:
        """What a file says of rows that refer to the exemplar, which the new resource has none of."""
        followers = self.exemplar.followers
        names = {self.project.models[symbol].name for symbol in followers}
        items = self.project.modules[path].outline.imports
        names |= {item.name for item in items if self.project.resolve(path, item.name) in followers}
        return Absent(frozenset(map(self.rename, self.exemplar.collections)), frozenset(map(self.rename, names)))

    def _is_testable(self, attribute: Attribute) -> bool:
        """Whether tests can give the attribute a value, or must."""
        return attribute.target is None or attribute.name in self.makers or not attribute.null

    def _heirs(self, path: str) -> Iterator[str]:
        """The classes of a file that inherit fields of the exemplar from another class of the project."""
        fields = {column.name for column in self.exemplar.fields}
        module = self.project.modules[path]
        for klass in module.outline.classes:
            symbol = module.symbol(klass.qualname)
            if self.renaming.concerns(klass.name):
                above = (self.project.klass(each) for each in self.project.classes.ancestors(symbol))
                if any(fields & {each.name for each in found.fields} for found in above if found is not None):
                    yield self.rename(klass.name)

    def _declarer(self, path: str, names: frozenset[str]) -> Declarer:
        text = self.read(self.exemplar.model.place.path)
        sources = " ".join(self.read(each) for each in (*self.exemplar.owned, *self.shared))
        own = self.read(path)
        moved = {bond.relationship for bond in self.paired if bond.relationship and self.is_moved(bond)}
        model = self.project.klass(self.exemplar.model.symbol)
        bases = [base for base in (model.bases if model else ()) if self.renaming.concerns(base)]
        return Declarer(
            fields=names,
            attributes=self.attributes,
            bonds={self.rename(bond.attribute): attribute for bond, attribute in self.paired.items()},
            severed=frozenset(map(self.rename, moved)),
            dropped=frozenset(self.rename(bond.relationship) for bond in self.dropped if bond.relationship),
            nullable=frozenset(self.rename(column.name) for column in self.exemplar.fields if column.nullable),
            table_classes=frozenset({self.model_name, *map(self.rename, bases)}),
            heirs=frozenset(self._heirs(path)),
            old_style=sources.count("Optional[") > sources.count("| None"),
            sqlalchemy_prefix="sa"
            if "import sqlalchemy as sa" in text and "from sqlalchemy import" not in text
            else "",
            on_delete="ondelete=" in sources,
            constrains=" Field" in own and "Field(" in own,
        )


def _holds_tests(path: str) -> bool:
    return path.rpartition("/")[2].startswith("test_") or path.endswith("_test.py")
