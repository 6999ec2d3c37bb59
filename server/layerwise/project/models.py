"""ORM models of a project: tables, columns, keys, relationships."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from layerwise.project.classes import Classes
from layerwise.project.expressions import (
    annotated_parts,
    argument,
    callee_name,
    dotted_name,
    is_true,
    keyword,
    last_name,
    literal,
    parse_call,
    parse_expression,
    strip_optional,
    text_literal,
    unparse,
)
from layerwise.project.facts import Assignment, Class
from layerwise.project.module import Symbol
from layerwise.project.resolution import Index, Place

DECLARATIVE_BASES = ("DeclarativeBase", "DeclarativeBaseNoMeta", "declarative_base", "SQLModel", "automap_base")
_LIBRARY_BASES = re.compile(r"^advanced_alchemy\.(base|extensions)\.")
_COLUMN_CALLS = frozenset({"mapped_column", "Column", "column_property", "deferred"})
_RELATIONSHIP_CALLS = frozenset({"relationship", "Relationship", "dynamic_loader"})
_COLLECTIONS = frozenset(
    {"list", "List", "set", "Set", "Sequence", "Collection", "dict", "Dict", "WriteOnlyMapped", "DynamicMapped"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column. `python` is the annotated type, `type` the SQL type as written, both empty when not given."""

    name: str
    python: str
    type: str
    nullable: bool
    primary_key: bool
    unique: bool
    index: bool
    foreign_key: str
    default: str
    server_default: str
    onupdate: str
    place: Place


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship. `target` is the model's symbol, or its name when it is not in the project; `lazy` as written."""

    name: str
    target: Symbol
    collection: bool
    lazy: str
    back_populates: str
    cascade: str
    secondary: str
    place: Place


@dataclass(frozen=True, slots=True)
class Model:
    """A mapped class. `unique` holds the column sets that a constraint or unique index spans."""

    symbol: Symbol
    name: str
    place: Place
    table: str
    columns: tuple[Column, ...]
    relationships: tuple[Relationship, ...]
    unique: tuple[frozenset[str], ...]
    eager_defaults: bool

    def column(self, name: str) -> Column | None:
        """The column that an attribute maps."""
        return next((column for column in self.columns if column.name == name), None)

    def relationship(self, name: str) -> Relationship | None:
        """The relationship that an attribute maps."""
        return next((relationship for relationship in self.relationships if relationship.name == name), None)

    def is_unique(self, names: frozenset[str]) -> bool:
        """Whether at most one row has given values in the columns `names`."""
        return any(key and key <= names for key in self.unique)


def find_models(project: Index, classes: Classes) -> Mapping[Symbol, Model]:
    """The models that map a table, by symbol; bases, mixins and abstract classes are not among them."""
    found: dict[Symbol, Model] = {}
    names = {klass.name: symbol for symbol, klass in classes.all() if _is_mapped(classes, symbol, klass)}
    for symbol, klass in classes.all():
        if names.get(klass.name) and _is_mapped(classes, symbol, klass):
            model = _ModelReader(project, classes, names, symbol, klass).read()
            if model.table or any(column.primary_key for column in model.columns):
                found[symbol] = model
    return found


def _is_mapped(classes: Classes, symbol: Symbol, klass: Class) -> bool:
    own = {field.name: field.value for field in klass.fields}
    if is_true(parse_expression(own.get("__abstract__", ""))):
        return False
    if "table=True" in klass.keywords:
        return True
    if "__tablename__" in own or "__table__" in own:
        return True
    if any(base.removesuffix("()").rpartition(".")[2] in DECLARATIVE_BASES for base in classes.bases(symbol)):
        # A direct child of the library's class is the project's Base, unless its Base is a variable.
        return any(base.endswith("declarative_base()") for base in classes.bases(symbol))
    if classes.inherits(symbol, "SQLModel"):
        return False
    mapped = classes.inherits(symbol, *DECLARATIVE_BASES) or any(
        _LIBRARY_BASES.match(base) for base in classes.ancestors(symbol)
    )
    return mapped and any(
        callee_name(parse_expression(field.value)) in _COLUMN_CALLS | _RELATIONSHIP_CALLS
        or field.annotation.startswith("Mapped[")
        for field in klass.fields
    )


class _ModelReader:
    """Reads one mapped class with what it inherits; `attributes` gives those whose columns are called otherwise."""

    def __init__(
        self, project: Index, classes: Classes, models: Mapping[str, Symbol], symbol: Symbol, klass: Class
    ) -> None:
        self.project = project
        self.classes = classes
        self.models = models
        self.symbol = symbol
        self.klass = klass
        self.columns: list[Column] = []
        self.relationships: list[Relationship] = []
        self.unique: list[frozenset[str]] = []
        self.attributes: dict[str, str] = {}

    def read(self) -> Model:
        path = self.symbol.partition("::")[0]
        table = ""
        eager = False
        for where, field in self.classes.fields(self.symbol):
            if field.name == "__tablename__":
                table = text_literal(parse_expression(field.value))
            elif field.name == "__table_args__":
                self.unique += _constraints(parse_expression(field.value))
            elif field.name == "__mapper_args__":
                eager = eager or "eager_defaults" in field.value
            else:
                self.read_field(where, field)
        keys = frozenset(column.name for column in self.columns if column.primary_key)
        named = [frozenset(self.attributes.get(name, name) for name in names) for names in self.unique]
        unique = [keys, *(frozenset({column.name}) for column in self.columns if column.unique), *named]
        return Model(
            symbol=self.symbol,
            name=self.klass.name,
            place=Place(path, self.klass.line),
            table=table or (self.klass.name.lower() if "table=True" in self.klass.keywords else ""),
            columns=tuple(self.columns),
            relationships=tuple(self.relationships),
            unique=tuple(key for key in unique if key),
            eager_defaults=eager,
        )

    def read_field(self, path: str, field: Assignment) -> None:
        annotation, metadata = self.annotation_of(path, field)
        call = _merge_calls([parse_call(field.value), *metadata])
        called = callee_name(call)
        place = Place(path, field.line)
        wrapper = last_name(parse_expression(field.annotation))
        if called in _RELATIONSHIP_CALLS and call is not None:
            self.relationships.append(self.relationship(field.name, annotation, wrapper, call, place))
        elif wrapper in ("WriteOnlyMapped", "DynamicMapped"):
            self.relationships.append(self.relationship(field.name, annotation, wrapper, None, place))
        elif called in _COLUMN_CALLS or (wrapper == "Mapped" and call is None) or self.is_sqlmodel_field(field, called):
            self.columns.append(_column(field.name, annotation, call, place))
            if call and call.args and (own := text_literal(call.args[0])):
                self.attributes[own] = field.name

    def is_sqlmodel_field(self, field: Assignment, called: str) -> bool:
        return bool(field.annotation) and "table=True" in self.klass.keywords and called in ("", "Field")

    def annotation_of(self, path: str, field: Assignment) -> tuple[ast.expr | None, list[ast.expr]]:
        """The type inside `Mapped[…]` and its metadata, through an alias such as `id_key = Annotated[int, …]`."""
        node = parse_expression(field.annotation)
        if isinstance(node, ast.Subscript) and last_name(node.value) in ("Mapped", "WriteOnlyMapped", "DynamicMapped"):
            node = node.slice
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = parse_expression(node.value) or node
        if name := dotted_name(node):
            symbol = self.project.resolve(path, name)
            module = self.project.module_of(symbol)
            variable = module.variables.get(symbol.partition("::")[2]) if module else None
            if variable is not None:
                alias, metadata = annotated_parts(parse_expression(variable.value))
                if metadata:
                    return alias, metadata
        return annotated_parts(node)

    def relationship(
        self, name: str, annotation: ast.expr | None, wrapper: str, call: ast.Call | None, place: Place
    ) -> Relationship:
        inner, _ = strip_optional(annotation)
        collection = wrapper in _COLLECTIONS
        if isinstance(inner, ast.Subscript) and last_name(inner.value) in _COLLECTIONS:
            collection = True
            inner = inner.slice.elts[-1] if isinstance(inner.slice, ast.Tuple) else inner.slice
        given = argument(call, 0, "argument") if call else None
        target = dotted_name(given).rpartition(".")[2] or dotted_name(inner).rpartition(".")[2]
        if call and annotation is None:
            collection = _says_collection(call)
        value = {word.arg: word.value for word in call.keywords} if call else {}
        if isinstance(passed := value.get("sa_relationship_kwargs"), ast.Dict):
            value |= {text_literal(key): inner for key, inner in zip(passed.keys, passed.values, strict=True)}
        elif isinstance(passed, ast.Call) and dotted_name(passed.func) == "dict":
            value |= {word.arg: word.value for word in passed.keywords}
        return Relationship(
            name=name,
            target=self.models.get(target, target),
            collection=collection,
            lazy=str(literal(value.get("lazy")) or ("write_only" if wrapper == "WriteOnlyMapped" else "")),
            back_populates=text_literal(value.get("back_populates")) or text_literal(value.get("backref")),
            cascade=text_literal(value.get("cascade")),
            secondary=unparse(value.get("secondary")),
            place=place,
        )


def _merge_calls(nodes: Iterable[ast.expr | None]) -> ast.Call | None:
    """One call for a field's own `mapped_column` and that of its `Annotated` alias: the first to say a thing wins."""
    chosen = (node.body if isinstance(node, ast.IfExp) else node for node in nodes)
    calls = [node for node in chosen if isinstance(node, ast.Call)]
    if len(calls) < 2:
        return calls[0] if calls else None
    words = {word.arg: word for call in reversed(calls) for word in call.keywords}
    arguments = next((call.args for call in calls if call.args), [])
    return ast.Call(calls[0].func, arguments, list(words.values()))


def _says_collection(call: ast.Call) -> bool:
    """Whether an unannotated relationship may be to many: nothing says so but what it leaves out."""
    uselist = keyword(call, "uselist")
    return (
        literal(uselist) is not False and keyword(call, "foreign_keys") is None and keyword(call, "remote_side") is None
    )


def _column(name: str, annotation: ast.expr | None, call: ast.Call | None, place: Place) -> Column:
    inner, optional = strip_optional(annotation)
    arguments = list(call.args) if call else []
    words = {word.arg: word.value for word in call.keywords} if call else {}
    if isinstance(own := words.get("sa_column"), ast.Call):
        arguments, words = list(own.args), {word.arg: word.value for word in own.keywords}
    if arguments and isinstance(arguments[0], ast.Constant) and isinstance(arguments[0].value, str):
        del arguments[0]
    foreign = next((node for node in arguments if callee_name(node) == "ForeignKey"), None)
    types = [node for node in arguments if callee_name(node) not in ("ForeignKey", "Identity", "Sequence", "Computed")]
    primary = is_true(words.get("primary_key"))
    nullable = literal(words.get("nullable"))
    if nullable is None:
        nullable = (optional or annotation is None) and not primary
    key = argument(foreign, 0, "column") if isinstance(foreign, ast.Call) else words.get("foreign_key")
    return Column(
        name=name,
        python=unparse(inner),
        type=unparse(types[0] if types else words.get("type_") or words.get("sa_type")),
        nullable=bool(nullable),
        primary_key=primary,
        unique=is_true(words.get("unique")),
        index=is_true(words.get("index")),
        foreign_key=text_literal(key) or unparse(key),
        default=unparse(words.get("default") or words.get("default_factory")),
        server_default=unparse(words.get("server_default")),
        onupdate=unparse(words.get("onupdate") or words.get("server_onupdate")),
        place=place,
    )


def _constraints(node: ast.expr | None) -> Iterator[frozenset[str]]:
    """The column sets that `__table_args__` makes unique."""
    for call in ast.walk(node) if node else ():
        if not isinstance(call, ast.Call):
            continue
        name = last_name(call.func)
        if name == "UniqueConstraint":
            yield frozenset(filter(None, map(_column_name, call.args)))
        elif name == "Index" and is_true(keyword(call, "unique")):
            yield frozenset(filter(None, map(_column_name, call.args[1:])))
        elif name == "PrimaryKeyConstraint":
            yield frozenset(filter(None, map(_column_name, call.args)))


def _column_name(node: ast.expr) -> str:
    """The column in `"email"`, `email` or `func.lower(email)`."""
    if isinstance(node, ast.Call) and node.args:
        return _column_name(node.args[0])
    return text_literal(node) or last_name(node)
