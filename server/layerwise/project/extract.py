"""Facts from the syntax tree of one file, in one walk."""

import ast
from collections.abc import Callable
from typing import Any

from layerwise.project.bodies import BodyReader, BodyRecord
from layerwise.project.chains import chain_of, is_type_checking, target_name
from layerwise.project.facts import (
    MODULE_BODY,
    Assignment,
    Binding,
    Body,
    Class,
    Facts,
    Function,
    Import,
    Outline,
    Parameter,
    ParameterKind,
)
from layerwise.project.syntax import parse_source
from layerwise.project.text import SourceText

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def extract_facts(text: str, tree: ast.Module | None = None) -> Facts:
    """The facts of `text`; `tree` spares parsing it again.

    Raises SyntaxError, ValueError, RecursionError or MemoryError when nothing of `text` can be parsed.
    """
    module, problem = parse_source(text) if tree is None else (tree, "")
    walk = _Walk(SourceText(text))
    walk.read_module(module)
    return walk.facts(problem)


class _Walk(BodyReader):
    """One pass over a module: what its statements define, import and wire."""

    def __init__(self, source: SourceText) -> None:
        super().__init__(source)
        self.imports: list[Import] = []
        self.stars: list[str] = []
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.assignments: list[Assignment] = []
        self.bodies: list[Body] = []
        self.scope: list[str] = []
        self.fields: list[Assignment] | None = self.assignments
        self.typing_only = False

    def facts(self, problem: str) -> Facts:
        outline = Outline(
            problem=problem,
            lines=len(self.source.lines),
            imports=tuple(self.imports),
            star_imports=tuple(self.stars),
            functions=tuple(self.functions),
            classes=tuple(self.classes),
            assignments=tuple(self.assignments),
            wirings=tuple(self.wirings),
        )
        return Facts(outline, tuple(self.bodies))

    def read_module(self, module: ast.Module) -> None:
        self.read_statements(module.body)
        self.bodies.append(self.body.freeze())

    def read_statements(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            handler = _STATEMENTS.get(type(statement))
            if handler is None:
                self.read_children(statement)
            else:
                handler(self, statement)

    def read_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.add_import(name, alias.name if alias.asname else name, node.lineno)
            if not alias.asname and "." in alias.name:
                self.add_import(alias.name, alias.name, node.lineno)

    def read_import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        joint = "" if module.endswith(".") or not module else "."
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
            else:
                self.add_import(alias.asname or alias.name, f"{module}{joint}{alias.name}", node.lineno)

    def add_import(self, name: str, target: str, line: int) -> None:
        deferred = self.body.qualname != MODULE_BODY
        self.imports.append(Import(name, target, line, self.typing_only, deferred))

    def read_class(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.read(part)
        fields: list[Assignment] = []
        outer_fields, self.fields = self.fields, fields
        self.scope.append(node.name)
        position = len(self.classes)
        self.read_statements(node.body)
        record = Class(
            qualname=".".join(self.scope),
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            bases=tuple(self.source.slice(base) for base in node.bases),
            keywords=tuple(f"{keyword.arg or '**'}={self.source.slice(keyword.value)}" for keyword in node.keywords),
            decorators=tuple(map(self.source.slice, node.decorator_list)),
            fields=tuple(fields),
        )
        self.classes.insert(position, record)
        self.scope.pop()
        self.fields = outer_fields

    def read_function(self, node: FunctionNode) -> None:
        for decorator in node.decorator_list:
            self.read(decorator)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.read(default)
        self.scope.append(node.name)
        qualname = ".".join(self.scope)
        position = len(self.functions)
        outer_body, self.body = self.body, BodyRecord(qualname)
        outer_fields, self.fields = self.fields, None
        self.read_statements(node.body)
        record = Function(
            qualname=qualname,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            start_line=min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=self.body.has_yield,
            decorators=tuple(map(self.source.slice, node.decorator_list)),
            parameters=self.parameters(node.args),
            returns=self.source.slice(node.returns) if node.returns else "",
        )
        self.functions.insert(position, record)
        self.bodies.append(self.body.freeze())
        self.body, self.fields = outer_body, outer_fields
        self.scope.pop()

    def parameters(self, arguments: ast.arguments) -> tuple[Parameter, ...]:
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        pairs: list[tuple[ast.arg, ast.expr | None, ParameterKind]] = [
            (argument, default, "positional")
            for argument, default in zip(positional, missing + list(arguments.defaults), strict=True)
        ]
        if arguments.vararg:
            pairs.append((arguments.vararg, None, "args"))
        pairs += [
            (argument, default, "keyword")
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        if arguments.kwarg:
            pairs.append((arguments.kwarg, None, "kwargs"))
        return tuple(
            Parameter(
                argument.arg,
                self.source.slice(argument.annotation) if argument.annotation else "",
                self.source.slice(default) if default else "",
                kind,
                argument.lineno,
            )
            for argument, default, kind in pairs
        )

    def read_assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.bind(target, node.value, "value")
        simple = all(isinstance(target, ast.Name | ast.Attribute) for target in node.targets)
        self.read(node.value, "assign" if simple else "unpack")
        if self.fields is not None and len(node.targets) == 1 and isinstance(name := node.targets[0], ast.Name):
            self.fields.append(Assignment(name.id, "", self.source.slice(node.value), node.lineno))

    def read_annotated_assign(self, node: ast.AnnAssign) -> None:
        annotation = self.source.slice(node.annotation)
        if target := target_name(node.target):
            self.body.bindings.append(Binding(target, "annotation", annotation, node.lineno))
        if node.value:
            self.read(node.value, "assign")
        if self.fields is not None and isinstance(node.target, ast.Name):
            value = self.source.slice(node.value) if node.value else ""
            self.fields.append(Assignment(node.target.id, annotation, value, node.lineno))

    def read_augmented_assign(self, node: ast.AugAssign) -> None:
        self.read(node.target)
        self.read(node.value)

    def read_type_alias(self, node: ast.stmt) -> None:
        name, value = getattr(node, "name", None), getattr(node, "value", None)
        if self.fields is not None and isinstance(name, ast.Name) and isinstance(value, ast.expr):
            self.fields.append(Assignment(name.id, "TypeAlias", self.source.slice(value), node.lineno))

    def read_expression(self, node: ast.Expr) -> None:
        self.read(node.value, "statement")

    def read_return(self, node: ast.Return) -> None:
        if node.value:
            self.read(node.value, "return")

    def read_raise(self, node: ast.Raise) -> None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        self.body.raises.append(chain_of(raised) if raised else "")
        self.read_children(node)

    def read_if(self, node: ast.If) -> None:
        self.read(node.test, "test")
        outer, self.typing_only = self.typing_only, self.typing_only or is_type_checking(node.test)
        self.body.conditions += 1
        self.read_statements(node.body)
        self.typing_only = outer
        self.read_statements(node.orelse)
        self.body.conditions -= 1

    def read_while(self, node: ast.While) -> None:
        self.body.loops.append(("", ""))
        self.read(node.test, "test")
        self.read_statements(node.body)
        self.body.loops.pop()
        self.read_statements(node.orelse)

    def read_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.read(node.iter, "iterate", isinstance(node, ast.AsyncFor))
        self.bind(node.target, node.iter, "item")
        self.body.loops.append((target_name(node.target), self.source.slice(node.iter)))
        self.read_statements(node.body)
        self.body.loops.pop()
        self.read_statements(node.orelse)

    def read_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.read(item.context_expr, "with", isinstance(node, ast.AsyncWith))
            if item.optional_vars:
                self.bind(item.optional_vars, item.context_expr, "enter")
        self.read_statements(node.body)

    def read_handler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.read(node.type)
        self.read_statements(node.body)

    def read_try(self, node: ast.Try) -> None:
        self.read_statements(node.body)
        for handler in node.handlers:
            self.read_handler(handler)
        self.read_statements(node.orelse)
        self.read_statements(node.finalbody)


# Keyed by exact type: an isinstance ladder would double the cost of the walk.
_STATEMENTS: dict[type[ast.stmt], Callable[[_Walk, Any], None]] = {
    ast.Import: _Walk.read_import,
    ast.ImportFrom: _Walk.read_import_from,
    ast.ClassDef: _Walk.read_class,
    ast.FunctionDef: _Walk.read_function,
    ast.AsyncFunctionDef: _Walk.read_function,
    ast.Assign: _Walk.read_assign,
    ast.AnnAssign: _Walk.read_annotated_assign,
    ast.AugAssign: _Walk.read_augmented_assign,
    ast.Expr: _Walk.read_expression,
    ast.Return: _Walk.read_return,
    ast.Raise: _Walk.read_raise,
    ast.If: _Walk.read_if,
    ast.While: _Walk.read_while,
    ast.For: _Walk.read_for,
    ast.AsyncFor: _Walk.read_for,
    ast.With: _Walk.read_with,
    ast.AsyncWith: _Walk.read_with,
    ast.Try: _Walk.read_try,
    ast.TryStar: _Walk.read_try,
}
if hasattr(ast, "TypeAlias"):
    _STATEMENTS[ast.TypeAlias] = _Walk.read_type_alias
