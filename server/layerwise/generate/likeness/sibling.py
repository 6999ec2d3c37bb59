"""Sibling edits: what a shared file says of the exemplar, said again of the new resource beside it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from layerwise.generate.likeness.syntax import last_part, names_in, text_of, walk

Clone = Callable[[list[cst.BaseStatement]], list[cst.BaseStatement]]


@dataclass(slots=True)
class Sibling:
    """Edits one shared file.

    `concerns` tells whether a name is the exemplar's, `rename` gives the new one, `clone` turns a run of the exemplar's
    statements into the new resource's. `relations` are class and attribute of inverse relationships to repeat.
    """

    concerns: Callable[[str], bool]
    rename: Callable[[str], str]
    clone: Clone
    is_local: Callable[[cst.ImportFrom | cst.Import], bool]
    defines: bool
    relations: frozenset[tuple[str, str]] = frozenset()
    steps: list[str] = field(default_factory=list)

    def edit(self, module: cst.Module) -> cst.Module:
        """The module with the new resource beside the exemplar; itself where nothing is to be added."""
        body = self._clone_runs(module.body) if self.defines else list(module.body)
        changed = module.with_changes(body=body).visit(_Repeater(self))
        assert isinstance(changed, cst.Module)
        added = _added_names(module, changed)
        bound = {name for line in _lines_of(changed) for name in _bound_names(line)}
        used = {name for line in _lines_of(changed) if not _is_import(line) for name in names_in(line)}
        changed = changed.with_changes(body=self._import(changed.body, bound, used, added))
        return module if changed.code == module.code else changed

    def _clone_runs(self, body: Sequence[Any]) -> list[Any]:
        """The statements with a copy of each run of the exemplar's definitions behind it."""
        there = {name for line in body for name in defined_names(line)}
        result: list[Any] = []
        run: list[cst.BaseStatement] = []

        def close() -> None:
            made = self.clone(run) if run else []
            result.extend(line for line in made if not set(defined_names(line)) & there)
            run.clear()

        for line in body:
            if any(self.concerns(name) for name in defined_names(line)):
                run.append(line)
            else:
                close()
            result.append(line)
        close()
        return result

    def _import(self, body: Sequence[Any], bound: set[str], used: set[str], added: set[str]) -> list[Any]:
        """The statements with imports of what was added, beside those of the exemplar."""
        result: list[Any] = []
        for line in body:
            if _is_typing_block(line):
                inner = self._import(line.body.body, bound, used, added)
                result.append(line.with_changes(body=line.body.with_changes(body=inner)))
                continue
            node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
            if not isinstance(node, cst.ImportFrom | cst.Import) or not self.is_local(node):
                result.append(line)
                continue
            new = self._new_import(node, bound, used, added)
            if new is None:
                result.append(line)
            elif isinstance(node, cst.ImportFrom) and isinstance(new, cst.ImportFrom) and _same_source(node, new):
                result.append(line.with_changes(body=[_merge(node, new)]))
            else:
                result += [line, line.with_changes(body=[new], leading_lines=())]
        return result

    def _new_import(
        self, node: cst.ImportFrom | cst.Import, bound: set[str], used: set[str], added: set[str]
    ) -> cst.ImportFrom | cst.Import | None:
        """The import of the new resource's counterparts, None where there is none to add."""
        if isinstance(node.names, cst.ImportStar):
            module = text_of(node.module) if isinstance(node, cst.ImportFrom) and node.module else ""
            return self._renamed(node, []) if module and self.concerns(module) else None
        wanted = []
        source = text_of(node.module) if isinstance(node, cst.ImportFrom) and node.module else ""
        for alias in node.names:
            local = _local_name(alias)
            shown = text_of(alias.name)
            if not self.concerns(shown) and not self.concerns(source) and not self.concerns(local):
                continue
            new_local = self.rename(local)
            re_exported = local not in used or _explicit(alias)
            if new_local == local:
                if re_exported and source and self.concerns(source):
                    wanted.append(alias)
                continue
            if new_local not in bound and (new_local in added or re_exported):
                wanted.append(alias)
        return self._renamed(node, wanted) if wanted else None

    def _renamed(self, node: cst.ImportFrom | cst.Import, wanted: list[cst.ImportAlias]) -> Any:
        if wanted:
            node = node.with_changes(names=_plain(wanted))
        if isinstance(node, cst.ImportFrom):
            # Parentheses go with the comments and newlines inside them.
            node = node.with_changes(lpar=None, rpar=None)
        statement = cst.parse_statement(self.rename(text_of(node).replace("\n", " ")))
        assert isinstance(statement, cst.SimpleStatementLine)
        return statement.body[0]

    def repeats(self, line: cst.BaseStatement) -> bool:
        """Whether a statement includes the exemplar's router, or calls for it in another way that is repeated."""
        call = (
            line.body[0].value
            if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Expr)
            else None
        )
        return (
            isinstance(call, cst.Call)
            and last_part(call.func) in ("include_router", "add_view", "register", "include", "mount")
            and any(self.concerns(name) for name in names_in(call))
        )


class _Repeater(cst.CSTTransformer):
    """Repeats includes, list elements and inverse relationships."""

    def __init__(self, sibling: Sibling) -> None:
        self.sibling = sibling
        self.owners: list[str] = []
        self.conditions = 0
        self.calls = 0

    def visit_Call(self, node: cst.Call) -> None:
        self.calls += 1

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        self.calls -= 1
        return updated_node

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.owners.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        owner = self.owners.pop()
        names = {name for where, name in self.sibling.relations if where == owner}
        if not names or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        body: list[Any] = []
        there = {name for line in updated_node.body.body for name in defined_names(line)}
        for line in updated_node.body.body:
            body.append(line)
            repeated = {name for name in set(defined_names(line)) & names if self.sibling.rename(name) not in there}
            body += [_renamed_line(line, self.sibling.rename) for _ in repeated]
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    def visit_If(self, node: cst.If) -> None:
        self.conditions += 1

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        self.conditions -= 1
        return updated_node

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        return updated_node.with_changes(body=self.repeat(updated_node.body))

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(body=self.repeat(updated_node.body))

    def repeat(self, body: Sequence[Any]) -> list[Any]:
        texts = {text_of(line).strip() for line in body}
        result: list[Any] = []
        for line in body:
            result.append(line)
            if not self.sibling.repeats(line):
                continue
            made = _renamed_line(line, self.sibling.rename)
            if self.conditions:
                self.sibling.steps.append(
                    f"Include the new router by hand: its sibling stands under a condition: `{text_of(line).strip()}`."
                )
            elif text_of(made).strip() not in texts:
                result.append(made)
        return result

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:
        return updated_node.with_changes(elements=self.extend(updated_node.elements))

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:
        return updated_node.with_changes(elements=self.extend(updated_node.elements))

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        return updated_node

    def extend(self, elements: Sequence[Any]) -> list[Any]:
        if self.owners or self.calls:
            return list(elements)
        listed = list(elements)
        for element in elements:
            own = isinstance(element.value, cst.SimpleString | cst.Name | cst.Attribute)
            if not own or not self.sibling.concerns(text_of(element.value)):
                continue
            made = element.with_changes(value=cst.parse_expression(self.sibling.rename(text_of(element.value))))
            if text_of(made.value) not in {text_of(each.value) for each in listed}:
                listed = place(listed, element, made, lambda each: text_of(each.value).strip("'\""))
        return listed


def place(listed: list[Any], beside: Any, made: Any, key: Callable[[Any], str]) -> list[Any]:
    """The elements with a new one behind its sibling, or at its place where they are sorted."""
    order = [key(each) for each in listed]
    for sort in (str.casefold, str):
        if len(order) > 1 and order == sorted(order, key=sort):
            position = sum(sort(name) < sort(key(made)) for name in order)
            break
    else:
        position = order.index(key(beside)) + 1
    between = next((each.comma for each in listed[:-1] if isinstance(each.comma, cst.Comma)), None)
    between = between or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if position < len(listed):
        return [*listed[:position], made.with_changes(comma=between), *listed[position:]]
    last = listed[-1]
    return [*listed[:-1], last.with_changes(comma=between), made.with_changes(comma=last.comma)]


def defined_names(line: cst.CSTNode) -> Iterable[str]:
    """The names that a statement defines in its scope."""
    if isinstance(line, cst.FunctionDef | cst.ClassDef):
        yield line.name.value
    elif isinstance(line, cst.SimpleStatementLine):
        for node in line.body:
            targets: list[cst.BaseExpression] = []
            if isinstance(node, cst.Assign):
                targets = [each.target for each in node.targets]
            elif isinstance(node, cst.AnnAssign):
                targets = [node.target]
            yield from (target.value for target in targets if isinstance(target, cst.Name))


def _renamed_line(line: Any, rename: Callable[[str], str]) -> Any:
    made = cst.parse_statement(rename(text_of(line.with_changes(leading_lines=()))))
    return made.with_changes(leading_lines=())


def _is_typing_block(line: Any) -> bool:
    return (
        isinstance(line, cst.If) and "TYPE_CHECKING" in text_of(line.test) and isinstance(line.body, cst.IndentedBlock)
    )


def _lines_of(module: cst.Module) -> Iterable[Any]:
    """The statements of a module, those under TYPE_CHECKING for themselves."""
    for line in module.body:
        if isinstance(line, cst.If) and _is_typing_block(line):
            yield from line.body.body
        else:
            yield line


def _is_import(line: Any) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Import | cst.ImportFrom)


def _bound_names(line: Any) -> Iterable[str]:
    if _is_import(line) and not isinstance(line.body[0].names, cst.ImportStar):
        yield from (_local_name(alias) for alias in line.body[0].names)
    yield from defined_names(line)


def _local_name(alias: cst.ImportAlias) -> str:
    if alias.asname is not None:
        return text_of(alias.asname.name)
    return text_of(alias.name)


def _explicit(alias: cst.ImportAlias) -> bool:
    return alias.asname is not None and text_of(alias.asname.name) == text_of(alias.name)


def _added_names(before: cst.Module, after: cst.Module) -> set[str]:
    """The names that the new statements use."""
    old: dict[str, int] = {}
    for node in walk(before):
        if isinstance(node, cst.Name):
            old[node.value] = old.get(node.value, 0) + 1
    new: dict[str, int] = {}
    for node in walk(after):
        if isinstance(node, cst.Name):
            new[node.value] = new.get(node.value, 0) + 1
        elif isinstance(node, cst.SimpleString):
            # An annotation in quotes names what is imported for it alone.
            for name in re.findall(r"[A-Za-z_]\w*", node.value):
                new[name] = new.get(name, 0) + 1
    for node in walk(before):
        if isinstance(node, cst.SimpleString):
            for name in re.findall(r"[A-Za-z_]\w*", node.value):
                old[name] = old.get(name, 0) + 1
    return {name for name, count in new.items() if count > old.get(name, 0)}


def _same_source(one: cst.ImportFrom, other: cst.ImportFrom) -> bool:
    parts = [(len(each.relative), text_of(each.module) if each.module else "") for each in (one, other)]
    return parts[0] == parts[1]


def _merge(node: cst.ImportFrom, new: cst.ImportFrom) -> cst.ImportFrom:
    if isinstance(node.names, cst.ImportStar) or isinstance(new.names, cst.ImportStar):
        return node
    listed: list[Any] = list(node.names)
    for alias in new.names:
        listed = place(listed, listed[-1], alias.with_changes(comma=cst.MaybeSentinel.DEFAULT), _alias_key)
    return node.with_changes(names=listed)


def _alias_key(alias: cst.ImportAlias) -> str:
    return text_of(alias.name)


def _plain(aliases: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [
        *(alias.with_changes(comma=comma) for alias in aliases[:-1]),
        aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT),
    ]
