"""Inverse relationships: what a model gains when another refers to it, written into the model's own file."""

import ast
from dataclasses import dataclass

from layerwise.generate.imports import add_imports, insert_after
from layerwise.generate.layout import lay_out
from layerwise.generate.literals import quote


@dataclass(frozen=True, slots=True)
class Inverse:
    """The attribute `name` of a model, which leads to the rows of `target` that refer to it."""

    name: str
    target: str
    module: str
    arguments: str
    many: bool = True

    @property
    def statement(self) -> str:
        """The attribute as source, without indent."""
        kind = f'list["{self.target}"]' if self.many else f'"{self.target} | None"'
        return f"{self.name}: Mapped[{kind}] = relationship({self.arguments})"


def describe_arguments(back: str, *, foreign_key: str = "", secondary: str = "") -> str:
    """The arguments of an inverse: it is never loaded by itself, and the database sees to deletes."""
    parts = [f"secondary={quote(secondary)}"] if secondary else []
    parts.append(f"back_populates={quote(back)}")
    parts += [f"foreign_keys={quote(foreign_key)}"] if foreign_key else []
    return ", ".join([*parts, f"passive_deletes={True if secondary else quote('all')}", 'lazy="raise"'])


def wire_inverse(text: str, owner: str, inverse: Inverse) -> str:
    """The source of a module with the attribute in its class `owner`; unchanged where it is there already.

    Raises SyntaxError for text that is not Python, ValueError where the class is missing or has another attribute of
    that name.
    """
    model = _find_class(ast.parse(text), owner)
    taken = _find_attribute(model, inverse.name)
    if taken is not None:
        if f'"{inverse.target}' in (ast.get_source_segment(text, taken) or ""):
            return text
        raise ValueError(f"{owner} has an attribute {inverse.name} already; choose another with back=")
    text = insert_after(text, _last_attribute(model), _lay_out_attribute(inverse.statement))
    text = add_imports(text, {("sqlalchemy.orm", name, "") for name in ("Mapped", "relationship")})
    return _import_for_types(text, inverse.module, inverse.target)


def carry_inverses(rendered: str, there: str, owner: str, populated: frozenset[str]) -> str:
    """A rendered model with the inverses that others have wired into the one that is there.

    `populated` names the attributes that other models say they populate. Raises as `wire_inverse` does.
    """
    known = {name for name, _ in _attributes(_find_class(ast.parse(rendered), owner))}
    for name, node in _attributes(_find_class(ast.parse(there), owner)):
        if name in known or name not in populated or not isinstance(node.value, ast.Call):
            continue
        names = [part.value for part in ast.walk(node.annotation) if isinstance(part, ast.Constant)]
        target = str(names[0]).removesuffix(" | None") if names else ""
        arguments = ", ".join(f"{word.arg}={_write(word.value)}" for word in node.value.keywords)
        many = "list[" in ast.unparse(node.annotation)
        rendered = wire_inverse(rendered, owner, Inverse(name, target, _find_module(there, target), arguments, many))
    return rendered


def find_populated(texts: list[str]) -> frozenset[str]:
    """The attributes that the relationships in these modules populate on the other side."""
    return frozenset(
        str(word.value.value)
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword)
        and (word := node).arg == "back_populates"
        and isinstance(word.value, ast.Constant)
    )


def _write(node: ast.expr) -> str:
    return quote(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _find_class(tree: ast.Module, name: str) -> ast.ClassDef:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    raise ValueError(f"the class {name} is missing")


def _attributes(model: ast.ClassDef) -> list[tuple[str, ast.AnnAssign]]:
    return [
        (node.target.id, node)
        for node in model.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def _find_attribute(model: ast.ClassDef, name: str) -> ast.stmt | None:
    for node in model.body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if name in names or getattr(node, "name", None) == name:
            return node
    return None


def _last_attribute(model: ast.ClassDef) -> int:
    """The last line of the attributes that open the class."""
    last = model.body[0].end_lineno or 0
    for node in model.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        last = node.end_lineno or last
    return last


def _lay_out_attribute(statement: str) -> str:
    return "".join(lay_out(f"class Model:\n    {statement}\n").splitlines(keepends=True)[1:])


def _import_for_types(text: str, module: str, name: str) -> str:
    """`text` with the name imported for type checkers only, so that models may refer to each other."""
    tree = ast.parse(text)
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    statement = f"    from {module} import {name}\n"
    if not blocks:
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        text = insert_after(text, imports[-1].end_lineno or 0, f"\nif TYPE_CHECKING:\n{statement}")
        return add_imports(text, {("typing", "TYPE_CHECKING", "")})
    line = blocks[0].lineno
    for node in blocks[0].body:
        if isinstance(node, ast.ImportFrom):
            if node.module == module and any(part.name == name for part in node.names):
                return text
            if (node.module or "") < module:
                line = node.end_lineno or line
    return insert_after(text, line, statement)


def _find_module(text: str, name: str) -> str:
    """The module that `name` is imported from for type checkers."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and any(part.name == name for part in node.names):
            return node.module or ""
    return ""
