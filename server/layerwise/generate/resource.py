"""A resource drafted into a backend: its layers rendered, its migration put on the head, its parts wired in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerwise.errors import InvalidInputError
from layerwise.generate import migration, wiring
from layerwise.generate.account import NAME as ACCOUNT
from layerwise.generate.backend import Draft
from layerwise.generate.blueprint import read_blueprint
from layerwise.generate.bonds import find_parts
from layerwise.generate.document import to_json
from layerwise.generate.inverse import Inverse, carry_inverses, describe_arguments, find_populated, wire_inverse
from layerwise.generate.names import snake_case
from layerwise.generate.render import render
from layerwise.generate.source import sort_imports
from layerwise.generate.spec import Relation, Spec
from layerwise.generate.target import Target, describe_target
from layerwise.generate.view import describe

BLUEPRINT = "resource"


@dataclass(frozen=True, slots=True)
class Piece:
    """One entity of a resource, itself or a part that comes along, with what its templates read and its layers."""

    spec: Spec
    context: dict[str, Any]
    layers: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """What fills the braces in the paths of templates."""
        return {"snake": self.spec.snake, "plural": self.spec.plural}


def draft_resource(
    draft: Draft,
    spec: Spec,
    layers: Sequence[str],
    *,
    asked: Sequence[str] | None = None,
    account: bool = False,
    there: Iterable[str] = (),
) -> None:
    """Add the layers of `spec`, those that they stand on, and the parts that come along with it, to the draft.

    `asked` are the layers whose files must come out as they are rendered, all where it is not given; of the others
    what is there stays. `there` are the layers that the manifest has of it already.
    """
    pieces = list_pieces(draft, spec, layers, account=account)
    if pieces:
        draft.begin(describe_record(spec, read_blueprint(BLUEPRINT).expand((*there, *layers))))
    for piece in pieces:
        _draft_layers(draft, piece, layers if asked is None else asked)
    for piece in pieces:
        wire_piece(draft, piece)
    for piece in pieces[:1]:
        if "model" in piece.layers:
            wire_inverses(draft, piece)
            _announce(draft, spec)


def describe_record(spec: Spec, layers: Iterable[str]) -> dict[str, Any]:
    """What the manifest keeps of a resource: enough to write its files anew."""
    version = read_blueprint(BLUEPRINT).version
    return {
        "name": spec.name,
        "spec": to_json(spec),
        "blueprint": BLUEPRINT,
        "version": version,
        "layers": [*layers],
    }


def list_pieces(draft: Draft, spec: Spec, layers: Iterable[str], *, account: bool = False) -> tuple[Piece, ...]:
    """The resource and its parts; none, and an issue of the draft, where a model that `spec` refers to is missing."""
    targets = _find_targets(draft, spec)
    models = _find_json_models(draft, spec)
    if targets is None or models is None:
        return ()
    wanted = read_blueprint(BLUEPRINT).expand(layers)
    pieces = [Piece(spec, describe(spec, targets, account=account) | {"json_models": models}, wanted)]
    for part in find_parts(spec):
        child = part.spec(spec)
        context = describe(child, {**targets, spec.name: describe_target(spec)}) | {"json_models": models}
        pieces.append(Piece(child, context, tuple(layer for layer in wanted if layer in child.layers)))
    return tuple(pieces)


def render_piece(draft: Draft, piece: Piece) -> dict[str, str]:
    """The files of a piece by path, without its migration."""
    layers = [layer for layer in piece.layers if layer != "migration"]
    return _render(draft, piece, layers)


def draft_migration(draft: Draft, piece: Piece) -> None:
    """Add the migration that creates the table of a piece, on top of those that there are; none where it is there."""
    files = draft.read_folder("alembic/versions")
    revisions = migration.read_revisions(files)
    made, revision = migration.list_names(piece.spec, revisions)
    if made and migration.is_there(piece.spec.table, files):
        return
    described = _describe_migration(draft, piece.spec, piece.context, revisions, revision)
    names = piece.names | {"revision_file": str(described["revision_file"])}
    context = piece.context | described
    blueprint = read_blueprint(BLUEPRINT)
    for path, text in render(blueprint, context, names, ["migration"], tests=False, overrides=draft.overrides).items():
        draft.write(path, text)


def _draft_layers(draft: Draft, piece: Piece, asked: Sequence[str]) -> None:
    """Render the layers of one entity; its migration only where its table is new."""
    kept = False
    for layer in piece.layers:
        if layer == "migration":
            if not kept:
                draft_migration(draft, piece)
            continue
        for path, text in _render(draft, piece, [layer]).items():
            text = _carry_inverses(draft, path, text, piece.spec.name) if layer == "model" else text
            written = draft.write(path, text, asked=layer in asked or not draft.backend.exists)
            kept = kept or (layer == "model" and not written)


def _render(draft: Draft, piece: Piece, layers: Iterable[str]) -> dict[str, str]:
    tests = "tests" in piece.spec.layers
    blueprint = read_blueprint(BLUEPRINT)
    return render(blueprint, piece.context, piece.names, layers, tests=tests, overrides=draft.overrides)


def find_unsupported(spec: Spec, *, login: bool) -> list[str]:
    """What `spec` asks for that the blueprint does not write, in a backend with a `login` or without, an issue each."""
    found = [
        f"{spec.name}.{field.name}: json({field.args[0]}) needs an example for the tests, as example=."
        for field in spec.fields
        if field.type == "json" and field.args and field.example is None and not field.null
    ]
    if spec.pagination == "keyset" and any(field.sortable for field in spec.fields):
        found.append(f"{spec.name}: keyset paging goes by the key; leave out sortable, or use offset.")
    if not login:
        found += _find_unknown_callers(spec)
    if "owner" in (spec.auth.read, spec.auth.write) and spec.owner is None:
        found.append(f"{spec.name}: auth is 'owner', but no reference is marked owner, such as user:ref(User) owner.")
    if spec.owner and spec.owner.target != ACCOUNT:
        found.append(
            f"{spec.name}.{spec.owner.name}: rows belong to who is logged in, so the owner is a ref({ACCOUNT})."
        )
    return found


def _find_unknown_callers(spec: Spec) -> Iterator[str]:
    """What needs to know who calls, an issue each."""
    for access in sorted({spec.auth.read, spec.auth.write} - {"public"}):
        yield f"{spec.name}: auth is {access!r}, but this backend has no login. Ask for 'add auth' first."
    for field in spec.fields:
        if field.type == "password":
            yield f"{spec.name}.{field.name}: hashes of passwords come with the login. Ask for 'add auth' first."


def _find_targets(draft: Draft, spec: Spec) -> Mapping[str, Target] | None:
    """The models that `spec` refers to by class name; None, and an issue, where one is missing."""
    targets = {}
    relations = spec.references("ref", "o2o", "m2m")
    for relation in relations:
        itself = relation.target == spec.name
        target = describe_target(spec, itself=True) if itself else draft.find_target(relation.target)
        if target is None:
            draft.issues.append(_say_missing(draft, spec, relation))
        else:
            targets[relation.target] = target
    return targets if targets.keys() == {relation.target for relation in relations} else None


def _find_json_models(draft: Draft, spec: Spec) -> list[tuple[str, str]] | None:
    """The Pydantic models that JSON fields hold, as (module, class); None, and an issue, where one is missing."""
    modules = draft.read_folder("app/schemas")
    fields = [*spec.fields, *(field for relation in spec.relations for field in relation.fields)]
    names = dict.fromkeys(str(field.args[0]) for field in fields if field.type == "json" and field.args)
    found = []
    for name in names:
        homes = [path for path, text in modules.items() if f"\nclass {name}(" in text]
        if homes:
            found.append((homes[0].removesuffix(".py").replace("/", "."), name))
        else:
            draft.issues.append(
                f"json({name}) holds a Pydantic model, but no module of app/schemas has a class {name}."
            )
    return found if len(found) == len(names) else None


def _say_missing(draft: Draft, spec: Spec, relation: Relation) -> str:
    models = sorted(path.rpartition("/")[2].removesuffix(".py") for path in draft.read_folder("app/models"))
    known = ", ".join(model for model in models if model != "__init__") or "none"
    return (
        f"{spec.name}.{relation.name} refers to {relation.target}, but app/models has no such model "
        f"(there are: {known}). Generate {relation.target} first."
    )


def _describe_migration(
    draft: Draft, spec: Spec, context: Mapping[str, Any], revisions: tuple[migration.Revision, ...], revision: str
) -> dict[str, Any]:
    items = migration.write_table(spec, context["references"])
    statements = migration.write_indexes(spec, context["references"])
    for name in migration.find_long_names([*items, *statements]):
        draft.issues.append(
            f"The name {name} has {len(name)} characters, but PostgreSQL keeps only {migration.MAX_IDENTIFIER}. "
            "Choose shorter names."
        )
    try:
        head = migration.find_head(revisions)
    except InvalidInputError as error:
        draft.issues.append(str(error))
        head = None
    return {
        "revision": revision,
        "revision_file": migration.name_file(f"create_{spec.table}", revisions),
        "down_revision": head,
        "table_items": items,
        "index_statements": statements,
    }


def wire_piece(draft: Draft, piece: Piece) -> None:
    """Make the models, the dependencies and the router know a piece."""
    spec = piece.spec
    if "model" in piece.layers:
        draft.edit("app/models/__init__.py", lambda text: wiring.wire_model(text, spec.name, spec.snake))
    if "service" in piece.layers:
        imports, factory = _describe_factory(piece)
        draft.edit(
            "app/api/deps.py", lambda text: wiring.wire_factory(text, imports, f"get_{spec.snake}_service", factory)
        )
    if "endpoint" in piece.layers:
        draft.edit("app/api/v1/router.py", lambda text: wiring.wire_router(text, spec.snake, spec.plural))


def wire_inverses(draft: Draft, piece: Piece) -> None:
    """Give the models that the resource refers to the relationships that lead back."""
    for target, inverse in list_inverses(piece):
        path = f"app/models/{target.snake}.py"
        text = draft.read(path) or ""
        try:
            changed = wire_inverse(text, target.name, inverse)
        except (SyntaxError, ValueError) as error:
            draft.issues.append(f"{draft.backend.prefix}{path} cannot lead back to {piece.spec.name}: {error}.")
            continue
        if changed != text:
            draft.put(path, changed)


def list_inverses(piece: Piece) -> list[tuple[Target, Inverse]]:
    """The relationships that lead back to a resource, each with the model that it stands in."""
    spec, context = piece.spec, piece.context
    module = f"app.models.{spec.snake}"
    found = [
        (reference.target, Inverse(back, spec.name, module, reference.inverse, many=reference.relation.kind == "ref"))
        for reference in context["references"]
        if (back := reference.relation.back) and not reference.itself
    ]
    found += [
        (link.target, Inverse(back, spec.name, module, describe_arguments(link.name, secondary=link.table)))
        for link in context["links"]
        if (back := link.relation.back) and not link.target.itself
    ]
    return found


def _carry_inverses(draft: Draft, path: str, text: str, name: str) -> str:
    """A rendered model with what other models have wired into it since it was written."""
    there = draft.read(path)
    if there is None or there == text:
        return text
    others = [other for known, other in draft.read_folder("app/models").items() if known != path]
    try:
        return carry_inverses(text, there, name, find_populated(others))
    except (SyntaxError, ValueError):
        return text


def _announce(draft: Draft, spec: Spec) -> None:
    """Say how a list of rows that are resources of their own comes about."""
    for relation in spec.references("has_many"):
        model = draft.read(f"app/models/{snake_case(relation.target)}.py") or ""
        if not relation.fields and f'back_populates="{relation.name}"' not in model:
            draft.notices.append(
                f"{spec.name}.{relation.name} is wired in once {relation.target} is generated with "
                f"{relation.back}:ref({spec.name}) back={relation.name}."
            )


def write_wiring(piece: Piece) -> dict[str, str]:
    """What `wire_piece` adds, as source, by the file that it is added to."""
    spec = piece.spec
    found = {}
    if "model" in piece.layers:
        found["app/models/__init__.py"] = wiring.wire_model("", spec.name, spec.snake)
    if "service" in piece.layers:
        imports, factory = _describe_factory(piece)
        found["app/api/deps.py"] = f"{sort_imports(imports)}\n\n{factory}"
    if "endpoint" in piece.layers:
        found["app/api/v1/router.py"] = wiring.wire_router("", spec.snake, spec.plural)
    return found


def _describe_factory(piece: Piece) -> tuple[set[tuple[str, str, str]], str]:
    """What the factory of a service imports, and its source."""
    spec = piece.spec
    repositories = [(spec.snake, f"{spec.name}Repository")]
    repositories += [(target.snake, f"{target.name}Repository") for target in piece.context["partners"]]
    imports = {(f"app.repositories.{snake}", name, "") for snake, name in repositories}
    imports.add((f"app.services.{spec.snake}", f"{spec.name}Service", ""))
    return imports, _write_factory(spec, piece.context["labels"], [name for _, name in repositories])


def _write_factory(spec: Spec, labels: str, repositories: list[str]) -> str:
    from layerwise.generate.layout import lay_out

    arguments = ", ".join(f"{name}(session)" for name in repositories)
    return lay_out(
        f"def get_{spec.snake}_service(session: SessionDep) -> {spec.name}Service:\n"
        f'    """Build the service of {labels}."""\n'
        f"    return {spec.name}Service({arguments})\n\n\n"
        f"{spec.name}ServiceDep = Annotated[{spec.name}Service, Depends(get_{spec.snake}_service)]\n"
    )
