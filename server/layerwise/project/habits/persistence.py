"""How data are kept: Base, keys, sessions, who commits, migrations."""

import ast
from collections.abc import Iterator

from layerwise.project.expressions import parse_expression, text_literal
from layerwise.project.index import Project
from layerwise.project.layers import ASIDE
from layerwise.project.models import DECLARATIVE_BASES
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Place
from layerwise.project.versions import read_table
from layerwise.project.votes import Convention, vote


def read_persistence(project: Project) -> Iterator[Convention | None]:
    """Base class, mapping style, primary key, session dependency and form, transaction owner, migrations."""
    models = [model for model in project.models.values() if project.layers[model.place.path] not in ASIDE]
    yield vote("base", ((base, model.place) for model in models for base in _bases(project, model.symbol)[:1]))
    yield vote("base-kind", ((kind, model.place) for model in models if (kind := _base_kind(project, model.symbol))))
    yield vote("mapping-style", _style_votes(project))
    keys = [(model, column) for model in models for column in model.columns if column.primary_key]
    single = [(model, column) for model, column in keys if sum(other is model for other, _ in keys) == 1]
    yield vote("primary-key-type", ((column.python or column.type, column.place) for _, column in single))
    yield vote("primary-key-name", ((column.name, column.place) for _, column in single))
    yield vote("table-name", ((_table_form(model.name, model.table), model.place) for model in models if model.table))
    yield vote("relationship-lazy", _lazy_votes(project))
    yield from _read_sessions(project)
    yield from _read_migrations(project)


def import_name(project: Project, symbol: Symbol) -> str:
    """A symbol as code would import it: `app.db.base.Base`."""
    path, joint, qualname = symbol.partition(JOINT)
    module = project.modules.get(path) if joint else None
    return f"{module.name}.{qualname}" if module else symbol


def _bases(project: Project, symbol: Symbol) -> list[str]:
    """The project's own class or variable from which its models descend, the one nearest to the library."""
    klass = project.klass(symbol)
    if klass is None:
        return []
    if "table=True" in klass.keywords:
        return ["sqlmodel.SQLModel"]
    path = symbol.partition(JOINT)[0]
    direct = [project.resolve(path, base) for base in klass.bases if base.replace(".", "").isidentifier()]
    own = [base for base in (*direct, *project.classes.ancestors(symbol)) if JOINT in base]
    roots = [base for base in own if project.klass(base) is None or _touches_library(project, base)]
    direct_library = [base for base in direct if base.rpartition(".")[2] in DECLARATIVE_BASES]
    return [import_name(project, base) for base in roots or own[-1:] or direct_library]


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
    last = table.rpartition(".")[2]
    return "plural" if last.endswith("s") and not name.lower().endswith("s") else "singular"


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


def _read_migrations(project: Project) -> Iterator[Convention | None]:
    """Where Alembic's revisions lie, and the heads among them."""
    revisions: dict[str, Place] = {}
    parents: set[str] = set()
    for module in project.modules.values():
        own = module.variables.get("revision")
        if own is None or "down_revision" not in module.variables:
            continue
        if revision := text_literal(parse_expression(own.value)):
            revisions[revision] = Place(module.path, own.line)
            below = parse_expression(module.variables["down_revision"].value)
            parents |= (
                {text_literal(node) for node in ast.walk(below) if isinstance(node, ast.expr)} if below else set()
            )
    folders = [(_versions_folder(place.path), place) for place in revisions.values()]
    yield vote(
        "alembic-config", ((place.path, place) for place in _find_configs(project, {name for name, _ in folders}))
    )
    yield vote("alembic-versions", folders)
    heads = {revision: place for revision, place in revisions.items() if revision not in parents}
    if heads:
        certainty = 1.0 if len(heads) == 1 else 0.6
        yield Convention("alembic-heads", " ".join(sorted(heads)), certainty, tuple(heads.values())[:3], len(heads))


def _versions_folder(path: str) -> str:
    """The folder of a revision, without folders for years or months below it."""
    folder = path.rpartition("/")[0]
    while folder.rpartition("/")[2].isdigit():
        folder = folder.rpartition("/")[0]
    return folder


def _find_configs(project: Project, versions: set[str]) -> Iterator[Place]:
    """`alembic.ini`, or a `pyproject.toml` with Alembic's table, in the folders where it may stand."""
    if project.root is None:
        return
    folders = {"", *project.names.roots}
    for folder in versions:
        while folder:
            folder = folder.rpartition("/")[0]
            folders.add(folder)
    for folder in sorted(folders):
        start = f"{folder}/" if folder else ""
        if (project.root / folder / "alembic.ini").is_file():
            yield Place(f"{start}alembic.ini", 1)
        if read_table(project.root / folder / "pyproject.toml", "tool", "alembic"):
            yield Place(f"{start}pyproject.toml", 1)
