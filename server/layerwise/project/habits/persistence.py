"""How data are kept: Base, keys, sessions, who commits."""

from collections import Counter
from collections.abc import Iterator

from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import DECLARATIVE_BASES, Column, Model
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place
from layerwise.project.votes import Convention, vote


def read_persistence(project: Project) -> Iterator[Convention | None]:
    """Base class, mapping style, primary key, session dependency and form, transaction owner."""
    models = [model for model in project.models.values() if project.layers[model.place.path] not in ASIDE]
    yield vote("base", _base_votes(project, models))
    yield vote("base-kind", ((kind, model.place) for model in models if (kind := _base_kind(project, model.symbol))))
    yield vote("mapping-style", _style_votes(project))
    keys = [(model, column) for model in models for column in model.columns if column.primary_key]
    single = [(model, column) for model, column in keys if sum(other is model for other, _ in keys) == 1]
    yield vote(
        "primary-key-type", ((column.python or column.type.partition("(")[0], column.place) for _, column in single)
    )
    yield vote("primary-key-name", ((_key_name(model, column), column.place) for model, column in single))
    yield vote("table-name", ((_table_form(model.name, model.table), model.place) for model in models))
    yield vote("relationship-lazy", _lazy_votes(project))
    yield from _read_sessions(project)


def import_name(project: Project, symbol: Symbol) -> str:
    """A symbol as code would import it: `app.db.base.Base`."""
    path, joint, qualname = symbol.partition(JOINT)
    module = project.modules.get(path) if joint else None
    return f"{module.name}.{qualname}" if module else symbol


def _base_votes(project: Project, models: list[Model]) -> Iterator[tuple[str, Place]]:
    """What a new model would inherit: of a model's mapped ancestors the nearest that it shares with another model.

    A model that shares none speaks for the project's class or variable that is nearest to the library.
    """
    lines = {model.symbol: _mapped_ancestors(project, model.symbol) for model in models}
    shared = Counter(base for line in lines.values() for base in line)
    for model in models:
        line = lines[model.symbol]
        klass = project.klass(model.symbol)
        roots = [base for base in line if project.klass(base) is None or _touches_library(project, base)]
        if near := [base for base in line if shared[base] > 1]:
            yield import_name(project, near[0]), model.place
        elif klass is not None and "table=True" in klass.keywords:
            yield "sqlmodel.SQLModel", model.place
        elif found := roots or line[-1:] or _library_bases(project, model.symbol):
            yield import_name(project, found[0]), model.place


def _mapped_ancestors(project: Project, symbol: Symbol) -> list[Symbol]:
    """The project's own classes and variables from which a model descends, mixins without a mapping aside."""
    return [
        base
        for base in dict.fromkeys((*_direct_bases(project, symbol), *project.classes.ancestors(symbol)))
        if JOINT in base
        and (project.klass(base) is None or project.classes.inherits(base, *DECLARATIVE_BASES, "SQLModel"))
    ]


def _direct_bases(project: Project, symbol: Symbol) -> list[Symbol]:
    klass = project.klass(symbol)
    path = symbol.partition(JOINT)[0]
    texts = klass.bases if klass else ()
    return [project.resolve(path, base) for base in texts if base.replace(".", "").isidentifier()]


def _library_bases(project: Project, symbol: Symbol) -> list[Symbol]:
    return [base for base in _direct_bases(project, symbol) if base.rpartition(".")[2] in DECLARATIVE_BASES]


def _touches_library(project: Project, symbol: Symbol) -> bool:
    names = {base.removesuffix("()").rpartition(".")[2] for base in project.classes.bases(symbol)}
    return bool(names & {*DECLARATIVE_BASES, "MappedAsDataclass"})


def _base_kind(project: Project, symbol: Symbol) -> str:
    names = {base.rpartition(".")[2] for base in project.classes.ancestors(symbol) if JOINT not in base}
    if "SQLModel" in names:
        return "SQLModel"
    if "MappedAsDataclass" in names:
        return "MappedAsDataclass"
    if any(name.endswith("declarative_base()") for name in names):
        return "declarative_base"
    return "DeclarativeBase" if names & set(DECLARATIVE_BASES) else ""


def _style_votes(project: Project) -> Iterator[tuple[str, Place]]:
    for model in project.models.values():
        module = project.modules[model.place.path]
        klass = project.klass(model.symbol)
        if klass is None:
            continue
        for field in klass.fields:
            if field.annotation.startswith("Mapped[") or ".Mapped[" in field.annotation:
                yield "Mapped", Place(module.path, field.line)
            elif field.value.startswith(("Column(", "sa.Column(")):
                yield "Column", Place(module.path, field.line)
            elif "table=True" in klass.keywords and field.annotation:
                yield "SQLModel", Place(module.path, field.line)


def _table_form(name: str, table: str) -> str:
    """Plural or singular; `derived` when the base makes table names from those of classes."""
    if not table:
        return "derived"
    last = table.rpartition(".")[2]
    return "plural" if last.endswith("s") and not name.lower().endswith("s") else "singular"


def _key_name(model: Model, column: Column) -> str:
    """The name of a key, with `{entity}` for what it shares with the table's name: `{entity}_id`."""
    table = model.table.rpartition(".")[2]
    stem, joint, end = column.name.rpartition("_")
    return f"{{entity}}_{end}" if joint and table.removesuffix("s").endswith(stem) else column.name


def _lazy_votes(project: Project) -> Iterator[tuple[str, Place]]:
    for model in project.models.values():
        for relationship in model.relationships:
            yield relationship.lazy or "not set", relationship.place


def _read_sessions(project: Project) -> Iterator[Convention | None]:
    by_symbol = {dependency.symbol: dependency for dependency in project.sessions.dependencies}
    uses = list(_session_uses(project, frozenset(by_symbol)))
    yield vote("session-dependency", ((import_name(project, factory), place) for factory, _, place in uses))
    yield vote("session-form", ((form, place) for _, form, place in uses))
    kinds = [(by_symbol[factory].kind, place) for factory, _, place in uses]
    kinds += [(maker.kind, maker.place) for maker in project.sessions.makers if not kinds]
    yield vote("session-kind", kinds)
    yield vote("transaction-owner", _commit_votes(project, [factory for factory, _, _ in uses]))


def _session_uses(project: Project, factories: frozenset[Symbol]) -> Iterator[tuple[Symbol, str, Place]]:
    """Every parameter that a session dependency fills: the factory, the form, the place."""
    for module in project.modules.values():
        if project.layers[module.path] in ASIDE:
            continue
        for function in module.outline.functions:
            for parameter in function.parameters:
                if not parameter.annotation and not parameter.default:
                    continue
                found = project.types.annotations.injection(module, parameter)
                if found is None or found.factory not in factories:
                    continue
                if "Depends" in parameter.default:
                    form = "default"
                else:
                    form = "annotated" if "Depends" in parameter.annotation else f"alias {parameter.annotation}"
                yield found.factory, form, Place(module.path, parameter.line)


def _commit_votes(project: Project, used: list[Symbol]) -> Iterator[tuple[str, Place]]:
    """Who commits: the dependency, with a vote for each layer's worth of others, or the layers that call commit."""
    main = max(used, key=used.count) if used else ""
    for dependency in project.sessions.dependencies:
        if dependency.commits and (dependency.symbol == main or used.count(dependency.symbol) > 2):
            yield from [("dependency", Place(dependency.place.path, dependency.commit_line))] * 10
    for module in project.modules.values():
        layer = project.layers[module.path]
        if layer in ASIDE or layer not in ("endpoint", "service", "repository", "dependency"):
            continue
        for body in module.bodies.values():
            for call in body.calls:
                if call.name == "commit" and ("session" in call.chain or "db" in call.chain):
                    yield layer, Place(module.path, call.line)
