"""Rows: how a project's tests make a row of a model, so that tests of the new resource have something to refer to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from layerwise.generate.imports import add_imports
from layerwise.generate.likeness.attributes import Attribute, Target
from layerwise.generate.likeness.exemplar import is_about
from layerwise.generate.likeness.renaming import Renaming, entity_words
from layerwise.generate.likeness.syntax import last_part, names_in, parse_module, root_name, string_value, text_of, walk
from layerwise.project.facts import Function
from layerwise.project.index import Project

_MAKER = re.compile(r"^(create|make|new|add|insert|build|random|get)_|_(factory|row)$|^(create|make)")


@dataclass(frozen=True, slots=True)
class Maker:
    """An expression that gives a new row, and `key`, what is put behind it for the row's key.

    `fixtures` are those that it needs, by name and annotation; `imported` is what it imports, `support` the definitions
    of the model's own tests that it leans on, as source.
    """

    row: str
    key: str
    fixtures: tuple[tuple[str, str], ...]
    imported: tuple[str, str] | None = None
    support: tuple[str, ...] = ()

    @property
    def expression(self) -> str:
        return f"{self.row}{self.key}"


def find_maker(project: Project, target: Target) -> Maker | None:
    """How the tests make a row of `target`: a fixture, a helper, or a request as its own tests send it."""
    fixtures = dict(_list_fixtures(project))
    renaming = Renaming(((entity_words(target.name), ("\0",)),))
    for path, function in _list_functions(project):
        typed = target.name in re.findall(r"\w+", function.returns)
        if path.rpartition("/")[2].startswith("test_") or not (typed or _is_called_after(function.name, renaming)):
            continue
        key = f'["{target.key}"]' if "dict" in function.returns.lower() else f".{target.key}"
        if any("fixture" in each for each in function.decorators):
            if (typed or words_match(function.name, target)) and "Callable" not in function.returns:
                return Maker(function.name, key, ((function.name, function.returns),))
        elif _MAKER.search(function.name) and (call := _write_call(project, path, function, fixtures)):
            text, needed = call
            module = project.modules[path].name
            return Maker(text, key, needed, (module, function.name) if not path.endswith("conftest.py") else None)
    return _find_local(project, target, fixtures) or _find_request(project, target)


def words_match(name: str, target: Target) -> bool:
    """Whether a fixture is called after the model alone."""
    return entity_words(name) == entity_words(target.name)


def make_rows(text: str, path: str, attributes: tuple[Attribute, ...], makers: dict[str, Maker]) -> str:
    """A test file whose functions first make the rows that they refer to."""
    names = {each.name for each in attributes if each.target is not None and each.name in makers}
    if not names or not any(name in text for name in names):
        return text
    module = _free_constants(parse_module(text, path), names)
    planter = _Planter(names, makers)
    changed = module.visit(planter)
    assert isinstance(changed, cst.Module)
    imports = {(made[0], made[1], "") for name in planter.planted if (made := makers[name].imported) is not None}
    there = {line.name.value for line in changed.body if isinstance(line, cst.FunctionDef)}
    support = [
        statement
        for source in dict.fromkeys(source for name in sorted(planter.planted) for source in makers[name].support)
        if isinstance(statement := cst.parse_statement(f"\n\n{source}"), cst.FunctionDef)
        and statement.name.value not in there
    ]
    body = list(changed.body)
    first = next((n for n, line in enumerate(body) if isinstance(line, cst.FunctionDef | cst.ClassDef)), len(body))
    body[first:first] = support
    return add_imports(changed.with_changes(body=body).code, imports)


def _free_constants(module: cst.Module, names: set[str]) -> cst.Module:
    """The module with payloads that are constants without rows in them; where they are used, the rows are added."""
    rows: dict[str, list[str]] = {}
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    for line in module.body:
        node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if isinstance(node, cst.Assign) and isinstance(node.value, cst.Dict) and _bare_names(node.value) & names:
            kept = [each for each in node.value.elements if not _bare_names(each) & names]
            added = [text_of(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in node.value.elements]
            rows[text_of(node.targets[0].target)] = [each for each in added if any(name in each for name in names)]
            kept[-1:] = [kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else []
            line = line.with_changes(body=[node.with_changes(value=node.value.with_changes(elements=kept))])
        body.append(line)
    if not rows:
        return module
    changed = module.with_changes(body=body).visit(_ConstantFiller(rows))
    assert isinstance(changed, cst.Module)
    return changed


class _ConstantFiller(cst.CSTTransformer):
    """Adds rows to payloads where functions use them."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self.rows = rows
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        self.depth -= 1
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        if self.depth and updated_node.value in self.rows:
            return cst.parse_expression(f"{{**{updated_node.value}, {', '.join(self.rows[updated_node.value])}}}")
        return updated_node


def replace_makers(text: str, path: str, target: Target, maker: Maker) -> str:
    """A test file that makes rows of `target` as that model's tests do, where it did as another model's."""
    module = parse_module(text, path)
    replacer = _Replacer(Renaming(((entity_words(target.name), ("\0",)),)), maker)
    changed = module.visit(replacer)
    assert isinstance(changed, cst.Module)
    body = list(changed.body)
    if replacer.used:
        first = next((n for n, line in enumerate(body) if isinstance(line, cst.FunctionDef | cst.ClassDef)), len(body))
        body[first:first] = [cst.parse_statement(f"\n\n{source}") for source in maker.support]
    made = changed.with_changes(body=body).code
    return add_imports(made, {(*maker.imported, "")}) if replacer.used and maker.imported else made


class _Replacer(cst.CSTTransformer):
    """Puts a maker in the place of fixtures and requests that make a row of the model."""

    def __init__(self, renaming: Renaming, maker: Maker) -> None:
        self.renaming = renaming
        self.maker = maker
        self.used = False
        self.needing: list[bool] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.needing.append(False)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        needing = self.needing.pop()
        name = updated_node.name.value
        body = updated_node.body
        if not name.startswith("test") and self.renaming.concerns(name) and isinstance(body, cst.IndentedBlock):
            self.used = True
            keyed = name.endswith("_id") or text_of(body).rstrip().endswith(self.maker.key)
            source = self.maker.expression if keyed else self.maker.row
            line = cst.parse_statement(f"return {source}")
            empty = updated_node.params.with_changes(params=[])
            return updated_node.with_changes(params=self._params(empty), body=body.with_changes(body=[line]))
        return updated_node.with_changes(params=self._params(updated_node.params)) if needing else updated_node

    def _params(self, params: cst.Parameters) -> cst.Parameters:
        there = {each.name.value for each in params.params}
        for fixture, annotation in self.maker.fixtures:
            if fixture not in there:
                params = _add_parameter(params, fixture, annotation)
        return params

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        source = text_of(updated_node.value)
        made = ".post(" in source and ".json()" in source and self.renaming.concerns(source)
        if not made or not self.needing:
            return updated_node
        self.used = True
        self.needing[-1] = True
        text = self.maker.row + source.rpartition(".json()")[2].lstrip(")")
        return updated_node.with_changes(value=cst.parse_expression(text))


class _Planter(cst.CSTTransformer):
    """Puts the making of rows at the beginning of functions that name them."""

    def __init__(self, names: set[str], makers: dict[str, Maker]) -> None:
        self.names = names
        self.makers = makers
        self.planted: set[str] = set()

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        bound = {parameter.name.value for parameter in walk(updated_node.params) if isinstance(parameter, cst.Param)}
        used = _bare_names(updated_node.body)
        wanted = sorted(
            name for name in self.names if name in used and name not in bound and name not in _bound(updated_node)
        )
        if not wanted or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        lines: list[cst.BaseStatement] = []
        params = updated_node.params
        for name in wanted:
            maker = self.makers[name]
            lines.append(cst.parse_statement(f"{name} = {maker.expression}"))
            for fixture, annotation in maker.fixtures:
                if fixture not in bound:
                    bound.add(fixture)
                    params = _add_parameter(params, fixture, annotation)
        self.planted |= set(wanted)
        body = list(updated_node.body.body)
        start = 1 if ast_docstring(body) else 0
        return updated_node.with_changes(
            params=params, body=updated_node.body.with_changes(body=[*body[:start], *lines, *body[start:]])
        )


def ast_docstring(body: list[cst.BaseStatement]) -> bool:
    """Whether a body begins with its docstring."""
    first = body[0] if body else None
    return (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, cst.SimpleString)
    )


def _bare_names(node: cst.CSTNode) -> set[str]:
    """The names that are read as variables, attributes and keywords aside."""
    found: set[str] = set()
    skipped: set[int] = set()
    for inner in walk(node):
        if isinstance(inner, cst.Attribute):
            skipped.add(id(inner.attr))
        elif isinstance(inner, cst.Arg) and inner.keyword is not None:
            skipped.add(id(inner.keyword))
        elif isinstance(inner, cst.Name) and id(inner) not in skipped:
            found.add(inner.value)
    return found


def _bound(node: cst.FunctionDef) -> set[str]:
    return {
        inner.target.value
        for inner in walk(node)
        if isinstance(inner, cst.AssignTarget) and isinstance(inner.target, cst.Name)
    }


def _add_parameter(params: cst.Parameters, name: str, annotation: str) -> cst.Parameters:
    typed = any(each.annotation is not None for each in params.params) or not params.params
    note = cst.Annotation(cst.parse_expression(annotation)) if annotation and typed else None
    return params.with_changes(params=[*params.params, cst.Param(cst.Name(name), annotation=note)])


def _list_functions(project: Project) -> Iterator[tuple[str, Function]]:
    for path, module in sorted(project.modules.items()):
        if project.layers[path] == "test":
            yield from ((path, function) for function in module.outline.functions if not function.owner)


def _list_fixtures(project: Project) -> Iterator[tuple[str, str]]:
    """Fixtures by name with the type of what they give."""
    for _, function in _list_functions(project):
        if any("fixture" in each for each in function.decorators):
            found = re.fullmatch(r"(?:\w+\.)?(?:Async)?(?:Generator|Iterator|Iterable)\[([\w.]+).*\]", function.returns)
            yield function.name, found[1] if found else function.returns


def _is_called_after(name: str, renaming: Renaming) -> bool:
    return renaming.concerns(name)


def _write_call(
    project: Project, path: str, function: Function, fixtures: dict[str, str]
) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The call of a helper, all of whose arguments are fixtures."""
    arguments = []
    needed = []
    for parameter in function.parameters:
        if parameter.default or parameter.kind in ("args", "kwargs"):
            continue
        names = [name for name in fixtures if name == parameter.name]
        names += [name for name, kind in fixtures.items() if kind and kind == parameter.annotation]
        if not names:
            return None
        needed.append((names[0], parameter.annotation or fixtures[names[0]]))
        arguments.append(f"{parameter.name}={names[0]}" if parameter.kind == "keyword" else names[0])
    call = f"{function.name}({', '.join(arguments)})"
    return (f"(await {call})" if function.is_async else call), tuple(needed)


def _find_local(project: Project, target: Target, fixtures: dict[str, str]) -> Maker | None:
    """A helper in the model's own tests, which is copied with what it needs of them."""
    own = entity_words(target.name)
    for path, module in sorted(project.modules.items()):
        if project.layers[path] != "test" or not is_about(path, own) or module.text is None:
            continue
        functions = {function.name: function for function in module.outline.functions if not function.owner}
        for function in functions.values():
            if function.name.startswith("test") or not _MAKER.search(function.name):
                continue
            call = _write_call(project, path, function, fixtures)
            if call is None or not (target.name in function.returns or "dict" in function.returns.lower()):
                continue
            wanted = [name for name, _ in call[1] if name in functions] + [function.name]
            tree = parse_module(module.text, path)
            support = tuple(
                text_of(line.with_changes(leading_lines=())).strip()
                for line in tree.body
                if isinstance(line, cst.FunctionDef) and line.name.value in wanted
            )
            key = f'["{target.key}"]' if "dict" in function.returns.lower() else f".{target.key}"
            return Maker(call[0], key, call[1], None, support)
    return None


def _find_request(project: Project, target: Target) -> Maker | None:
    own = entity_words(target.name)
    for path, module in sorted(project.modules.items()):
        if project.layers[path] != "test" or not is_about(path, own) or module.text is None:
            continue
        tree = parse_module(module.text, path)
        constants = _assigned_values(tree)
        for node in walk(tree):
            if isinstance(node, cst.FunctionDef) and (made := _read_request(node, constants)):
                text, names = made
                known = {parameter.name.value: parameter for parameter in node.params.params}
                if names <= known.keys():
                    fixtures = tuple((name, _annotation(known[name])) for name in sorted(names))
                    return Maker(text, _path_to_key(node, target), fixtures)
    return None


def _annotation(parameter: cst.Param) -> str:
    return text_of(parameter.annotation.annotation) if parameter.annotation else ""


def _assigned_values(node: cst.CSTNode) -> dict[str, cst.BaseExpression]:
    return {
        name.value: inner.value
        for inner in walk(node)
        if isinstance(inner, cst.Assign) and isinstance(name := inner.targets[0].target, cst.Name)
    }


def _read_request(function: cst.FunctionDef, constants: dict[str, cst.BaseExpression]) -> tuple[str, set[str]] | None:
    """The request with which a test makes a row, its payload written out, and the fixtures that it names."""
    values = constants | _assigned_values(function)
    for node in walk(function):
        if not isinstance(node, cst.Call) or last_part(node.func) != "post":
            continue
        payload = next((each.value for each in node.args if each.keyword and each.keyword.value == "json"), None)
        shown = values.get(payload.value) if isinstance(payload, cst.Name) else payload
        if not isinstance(shown, cst.Dict) or names_in(shown) - {"str"}:
            continue
        assert payload is not None
        call = node if payload is shown else node.deep_replace(payload, shown)
        awaited = any(isinstance(each, cst.Await) and each.expression is node for each in walk(function))
        text = text_of(call)
        names = {root_name(node.func)} | {
            each.value.value for each in node.args if each.keyword and isinstance(each.value, cst.Name)
        }
        names -= {payload.value} if isinstance(payload, cst.Name) else set()
        made = f"(await {text})" if awaited else text
        return f"{made}.json()", names
    return None


def _path_to_key(function: cst.FunctionDef, target: Target) -> str:
    """`["id"]`, or `["data"]["id"]` where the test reads it so."""
    for node in walk(function):
        if isinstance(node, cst.Subscript) and _index(node) == target.key:
            inner = node.value
            if isinstance(inner, cst.Subscript) and (outer := _index(inner)):
                return f'["{outer}"]["{target.key}"]'
    return f'["{target.key}"]'


def _index(node: cst.Subscript) -> str:
    part = node.slice[0].slice
    return (string_value(part.value) or "") if isinstance(part, cst.Index) else ""
