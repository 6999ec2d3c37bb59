"""Declaring: the fields of a model or schema class, in the way that the class declares the exemplar's."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from layerwise.generate.likeness.attributes import Attribute
from layerwise.generate.likeness.syntax import text_of

_EMPTY_DEFAULT = re.compile(
    r"^(None|(?:\w+\.)?Field\((?:default=)?None\b.*|(?:\w+\.)?Query\((?:default=)?None\b.*)", re.S
)
_SQLALCHEMY = re.compile(
    r"(?<![\w.])(String|Text|Integer|SmallInteger|BigInteger|Float|Double|Numeric|Boolean|Date|Time|DateTime|Interval|Uuid|"
    r"LargeBinary|JSON|ForeignKey|Column)(?=\b)"
)
_RELATIONSHIPS = ("relationship(", "Relationship(", ".relationship(")


@dataclass(frozen=True, slots=True)
class Declarer:
    """Declares `attributes` where a class declares any of the exemplar's `fields`.

    `bonds` maps a foreign key that was kept under a new name to what it now leads to; `severed` names relationships
    that must not point back, `dropped` those that are left out. `table_classes` carry columns; `nullable` fields of the
    exemplar may be absent from a row; `heirs` are classes that inherit fields from another one of the entity's.
    """

    fields: frozenset[str]
    attributes: tuple[Attribute, ...]
    bonds: Mapping[str, Attribute]
    severed: frozenset[str]
    dropped: frozenset[str]
    nullable: frozenset[str]
    table_classes: frozenset[str]
    heirs: frozenset[str]
    old_style: bool
    sqlalchemy_prefix: str
    on_delete: bool
    constrains: bool

    def declares(self, node: cst.ClassDef) -> bool:
        """Whether the class has fields of the exemplar, or bonds of it, in its own body."""
        return any(_declared(line) in self.fields | self.bonds.keys() | self.dropped for line in _lines(node))

    def declare(self, node: cst.ClassDef) -> cst.ClassDef:
        """The class with the new fields in the place of the old."""
        lines = list(_lines(node))
        old = [line for line in lines if _declared(line) in self.fields]
        written: list[cst.BaseStatement] = []
        placed = False
        for line in node.body.body:
            assert isinstance(line, cst.BaseStatement)
            name = _declared(line)
            if name in self.fields:
                if not placed:
                    written += self._write(node, old)
                    placed = True
            elif name in self.dropped:
                continue
            elif name in self.bonds:
                written.append(self._rebind(line, self.bonds[name]))
            elif name in self.severed:
                written.append(_sever(line))
            else:
                written.append(line)
        if not written:
            written = [cst.parse_statement("pass")]
        return node.with_changes(body=node.body.with_changes(body=written))

    def _write(self, node: cst.ClassDef, old: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
        style = _style_of(old)
        attributes = list(self.attributes)
        optional = style not in ("mapped", "column") and all(map(_is_optional, old)) and self._is_partial(old, node)
        if not optional and node.name.value in self.heirs:
            return []
        if not optional:
            attributes.sort(key=lambda each: not each.required)
        table = node.name.value in self.table_classes
        lines = [self._line(each, style, optional=optional, table=table, sample=old) for each in attributes]
        statements = [cst.parse_statement(line) for line in lines]
        return [_with_lead(statements[0], old[0]), *statements[1:]] if statements else []

    def _is_partial(self, old: Sequence[cst.BaseStatement], node: cst.ClassDef) -> bool:
        """Whether the class takes any part of the fields, not only those that may be absent anyway."""
        names = {_declared(line) for line in old}
        return not names <= self.nullable or bool(re.search(r"Update|Patch|Edit|Filter|Partial", node.name.value))

    def _line(
        self, attribute: Attribute, style: str, *, optional: bool, table: bool, sample: Sequence[cst.BaseStatement]
    ) -> str:
        if style == "mapped":
            return self._qualify(self._mapped(attribute, sample))
        if style == "column":
            return self._qualify(self._column(attribute))
        absent = optional or attribute.null
        annotation = attribute.annotation(optional=absent, old_style=self.old_style)
        default = "None" if absent else attribute.default
        extras = list(attribute.constraints) if self.constrains or style in ("field", "annotated") else []
        if table and not optional:
            extras += self._table_arguments(attribute)
        if style == "annotated" and extras and attribute.target is None:
            inner = f"Annotated[{annotation}, Field({', '.join(extras)})]"
            return f"{attribute.name}: {inner}" + (f" = {default}" if default is not None else "")
        if not extras:
            return f"{attribute.name}: {annotation}" + (f" = {default}" if default is not None else "")
        arguments = [*([f"default={default}"] if default is not None else []), *extras]
        return f"{attribute.name}: {annotation} = Field({', '.join(arguments)})"

    def _table_arguments(self, attribute: Attribute) -> list[str]:
        """What SQLModel's `Field` says of a column."""
        target = attribute.target
        found = [f'foreign_key="{target.table}.{target.key}"'] if target else []
        found += [f"{flag}=True" for flag in ("unique", "index") if getattr(attribute, flag)]
        if target and self.on_delete and attribute.on_delete != "RESTRICT":
            found.append(f'ondelete="{attribute.on_delete}"')
        if attribute.python.startswith(("dict", "list")):
            found.append("sa_type=JSON")
        if attribute.python.startswith("Literal"):
            found.append(f"sa_type={attribute.column}")
        return found

    def _mapped(self, attribute: Attribute, sample: Sequence[cst.BaseStatement]) -> str:
        annotation = attribute.annotation(optional=attribute.null, old_style=self.old_style)
        if attribute.python.startswith("Literal"):
            annotation = annotation.replace(attribute.python, "str")
        if attribute.python == "EmailStr":
            annotation = annotation.replace("EmailStr", "str")
        arguments = self._column_arguments(attribute)
        if attribute.default is not None:
            arguments.append(f"default={attribute.default}")
        elif attribute.null and any("default=None" in text_of(line) for line in sample):
            arguments.append("default=None")
        return f"{attribute.name}: Mapped[{annotation}] = mapped_column({', '.join(arguments)})"

    def _column(self, attribute: Attribute) -> str:
        arguments = self._column_arguments(attribute)
        if attribute.default is not None:
            arguments.append(f"default={attribute.default}")
        if not attribute.null:
            arguments.append("nullable=False")
        return f"{attribute.name} = Column({', '.join(arguments)})"

    def _column_arguments(self, attribute: Attribute) -> list[str]:
        target = attribute.target
        found = []
        if target is None or "." not in attribute.column:
            found += [attribute.column] if attribute.column else []
        if target is not None:
            rule = f', ondelete="{attribute.on_delete}"' if attribute.on_delete != "RESTRICT" else ""
            found.append(f'ForeignKey("{target.table}.{target.key}"{rule})')
        found += [f"{flag}=True" for flag in ("unique", "index") if getattr(attribute, flag)]
        return found

    def _qualify(self, line: str) -> str:
        if not self.sqlalchemy_prefix:
            return line
        name, mark, value = line.partition("=")
        return name + mark + _SQLALCHEMY.sub(rf"{self.sqlalchemy_prefix}.\1", value)

    def _rebind(self, line: cst.BaseStatement, bond: Attribute) -> cst.BaseStatement:
        """A foreign key that leads to the new target."""
        if bond.target is None:
            return line
        text = text_of(line)
        key = f"{bond.target.table}.{bond.target.key}"
        text = re.sub(r"(ForeignKey\(\s*|foreign_key=)([\"'])[^\"']+\2", rf"\1\g<2>{key}\2", text)
        return cst.parse_statement(text.strip("\n").lstrip())


def _lines(node: cst.ClassDef) -> Iterable[cst.BaseStatement]:
    return (line for line in node.body.body if isinstance(line, cst.SimpleStatementLine))


def _declared(line: cst.CSTNode) -> str:
    """The name that a line of a class body declares."""
    if not isinstance(line, cst.SimpleStatementLine):
        return ""
    statement = line.body[0]
    if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
        return statement.target.value
    if isinstance(statement, cst.Assign) and isinstance(statement.targets[0].target, cst.Name):
        return statement.targets[0].target.value
    return ""


def _style_of(old: Sequence[cst.BaseStatement]) -> str:
    texts = [text_of(line) for line in old]
    if any("Mapped[" in text for text in texts):
        return "mapped"
    if any(re.search(r"=\s*(\w+\.)?Column\(", text) for text in texts):
        return "column"
    if any("Annotated[" in text for text in texts):
        return "annotated"
    return "field" if any("Field(" in text for text in texts) else "plain"


def _is_optional(line: cst.BaseStatement) -> bool:
    """Whether a declaration gives None where nothing is said."""
    statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(statement, cst.AnnAssign):
        return False
    value = text_of(statement.value) if statement.value else ""
    return bool(_EMPTY_DEFAULT.match(value)) or "default=None" in text_of(statement.annotation.annotation)


def _with_lead(line: cst.BaseStatement, old: cst.BaseStatement) -> cst.BaseStatement:
    return line.with_changes(leading_lines=[each for each in getattr(old, "leading_lines", ()) if each.comment is None])


def _sever(line: cst.BaseStatement) -> cst.BaseStatement:
    """A relationship that no longer names its other side, which has none."""
    text = re.sub(r",?\s*back_populates=([\"'])\w+\1", "", text_of(line)).replace("(,", "(").replace("( ,", "(")
    return cst.parse_statement(re.sub(r"\(\s*,\s*", "(", text).strip("\n").lstrip())
