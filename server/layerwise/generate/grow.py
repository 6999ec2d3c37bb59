"""Grow: a resource that is there changed through every layer, around what was edited in it."""

from collections.abc import Sequence

from layerwise.changes.manifest import Generation
from layerwise.errors import InvalidInputError
from layerwise.generate import migration
from layerwise.generate.account import NAME
from layerwise.generate.alteration import alter, find_unfilled
from layerwise.generate.backend import Draft
from layerwise.generate.blueprint import read_blueprint
from layerwise.generate.chain import VERSIONS, retract
from layerwise.generate.growth import Growth, amend
from layerwise.generate.inverse import wire_inverse
from layerwise.generate.merge import merge, merge_text
from layerwise.generate.reader import parse_document
from layerwise.generate.render import render
from layerwise.generate.resource import (
    BLUEPRINT,
    Piece,
    describe_record,
    draft_migration,
    find_unsupported,
    list_inverses,
    list_pieces,
    render_piece,
    wire_inverses,
    wire_piece,
    write_wiring,
)
from layerwise.generate.spec import Spec

Pair = tuple[Piece | None, Piece | None]


def read_resource(generation: Generation) -> tuple[Spec, tuple[str, ...]]:
    """The spec and the layers of a resource, as the manifest keeps them. Raises SpecError, InvalidInputError."""
    spec, layers = parse_document(generation.record.get("spec")), generation.record.get("layers")
    known = read_blueprint(BLUEPRINT).layers
    if not isinstance(layers, list) or not all(layer in known for layer in layers):
        raise InvalidInputError(f"The manifest's record of {spec.name} has no layers. Restore it from version control.")
    return spec, tuple(layers)


def grow(draft: Draft, growth: Growth, generation: Generation) -> None:
    """Change the resource of this generation as `growth` wants it; what stands in the way becomes an issue."""
    old, layers = read_resource(generation)
    new = amend(old, growth)
    wanted = (*layers, "endpoint") if growth.kind == "endpoint" else layers
    draft.issues += find_unsupported(new, login=draft.has_login)
    before = list_pieces(draft, old, layers, account=old.name == NAME)
    after = list_pieces(draft, new, wanted, account=old.name == NAME)
    if draft.issues or not before or not after:
        return
    pairs = _pair(before, after)
    draft.begin(describe_record(new, after[0].layers))
    _change_files(draft, before, after)
    for old_piece, new_piece in pairs:
        rewire(draft, old_piece, new_piece)
    turn_inverses(draft, before[0], after[0])
    _migrate(draft, pairs)


def rewire(draft: Draft, old: Piece | None, new: Piece | None) -> None:
    """Make the shared files say of a piece what they must; None is a piece that is not there."""
    before, after = write_wiring(old) if old else {}, write_wiring(new) if new else {}
    if new and not old:
        wire_piece(draft, new)
        return
    for path in sorted({*before, *after}):
        merge_file(draft, path, before.get(path, ""), after.get(path, ""))


def turn_inverses(draft: Draft, old: Piece, new: Piece | None) -> None:
    """Make the models that a resource refers to lead back to it as they must; None is a resource that is not there."""
    kept = {(target.name, inverse.name): inverse for target, inverse in list_inverses(new)} if new else {}
    owners = {target.snake: target.name for target, _ in list_inverses(old)}
    for snake, owner in owners.items():
        bare = f"class {owner}:\n    ...\n"
        base = theirs = bare
        for target, inverse in list_inverses(old):
            if target.snake == snake:
                base = wire_inverse(base, owner, inverse)
                theirs = wire_inverse(theirs, owner, found) if (found := kept.get((owner, inverse.name))) else theirs
        path = f"app/models/{snake}.py"
        merge_file(draft, path, base, theirs)
        if theirs == bare and draft.records:
            draft.records[-1]["released"].append(draft.backend.prefix + path)
    if new:
        wire_inverses(draft, new)


def merge_file(draft: Draft, path: str, base: str, theirs: str) -> None:
    """Carry what leads from `base` to `theirs` over into a file of the draft; where it cannot be, issues say where."""
    ours = draft.read(path)
    name = draft.backend.prefix + path
    if ours is None:
        draft.notices.append(f"{name} is not there any more, so it stays away.")
        return
    try:
        merged = merge(base, ours, theirs) if path.endswith(".py") else merge_text(path, base, ours, theirs)
    except ValueError as error:
        draft.issues.append(f"{name} cannot be parsed: {error}. Correct it, then ask again.")
        return
    for hunk in merged.hunks:
        draft.issues.append(f"{name} was edited where it has to change. Write there by hand what both want:\n{hunk}")
    if merged.text != ours:
        draft.put(path, merged.text)


def write_migration(draft: Draft, title: str, wish: object, upgrade: list[str], downgrade: list[str]) -> None:
    """Add a migration on top of those that there are; `title` says what it does, `wish` decides its revision."""
    revisions = migration.read_revisions(draft.read_folder(VERSIONS))
    for name in migration.find_long_names([*upgrade, *downgrade]):
        draft.issues.append(
            f"The name {name} is longer than {migration.MAX_IDENTIFIER} characters; choose a shorter one."
        )
    what = "_".join(title.lower().replace(",", "").split())[:60]
    names = {"revision_file": migration.name_file(what, revisions)}
    _, revision = migration.list_names(wish, revisions)
    try:
        head = migration.find_head(revisions)
    except InvalidInputError as error:
        draft.issues.append(str(error))
        return
    context = {
        "title": title,
        "revision": revision,
        "down_revision": head,
        "upgrade": upgrade,
        "downgrade": downgrade,
    }
    blueprint = read_blueprint("migration")
    for path, text in render(blueprint, context, names, ["migration"], tests=False, overrides=draft.overrides).items():
        draft.write(path, text)


def _pair(before: Sequence[Piece], after: Sequence[Piece]) -> list[Pair]:
    old, new = ({piece.spec.name: piece for piece in pieces} for pieces in (before, after))
    return [(old.get(name), new.get(name)) for name in {**old, **new}]


def _change_files(draft: Draft, before: Sequence[Piece], after: Sequence[Piece]) -> None:
    old, new = (
        {path: text for piece in pieces for path, text in render_piece(draft, piece).items()}
        for pieces in (before, after)
    )
    for path in {**old, **new}:
        if path not in old:
            draft.write(path, new[path])
        elif path in new and old[path] != new[path]:
            merge_file(draft, path, old[path], new[path])
        elif path not in new and draft.read(path) not in (None, old[path]):
            draft.issues.append(f"{draft.backend.prefix}{path} would go, but was edited. Take it out by hand.")
        elif path not in new and draft.read(path) is not None:
            draft.put(path, None)


def _migrate(draft: Draft, pairs: Sequence[Pair]) -> None:
    """Take the migration back that led here, where this leads back; else add one that leads on."""
    revisions = migration.read_revisions(draft.read_folder(VERSIONS))
    undone = [_name_change(new, old) for old, new in pairs if alter(old, new)]
    made = [migration.list_names(wish, revisions)[0] for wish in undone]
    if all(made) and retract(draft, [names[-1] for names in made]):
        return
    for old, new in pairs:
        upgrade = alter(old, new)
        if new and not old:
            draft_migration(draft, new)
        elif upgrade:
            write_migration(draft, _entitle(old, new), _name_change(old, new), upgrade, alter(new, old))
    for old, new in pairs:
        if old and new and (names := find_unfilled(old, new)):
            draft.issues.append(_say_unfilled(new.spec, names))


def _name_change(old: Piece | None, new: Piece | None) -> object:
    """What the revision of a change follows from; of a new table from its spec alone."""
    if old is None:
        return new and new.spec
    return (old.spec, new and new.spec)


def _entitle(old: Piece | None, new: Piece | None) -> str:
    if new is None:
        return f"Drop {old.spec.table if old else ''}"
    before, after = (_list_names(piece) for piece in (old, new))
    added, taken = [name for name in after if name not in before], [name for name in before if name not in after]
    if added and not taken:
        return f"Add {', '.join(added)} to {new.spec.table}"
    return f"Drop {', '.join(taken)} from {new.spec.table}" if taken and not added else f"Change {new.spec.table}"


def _list_names(piece: Piece | None) -> list[str]:
    if piece is None:
        return []
    return [*(field.name for field in piece.spec.fields), *(relation.name for relation in piece.spec.relations)]


def _say_unfilled(spec: Spec, names: list[str]) -> str:
    first = names[0]
    return (
        f"{spec.table} may have rows, which would have no value for {', '.join(names)}. Let it be NULL ({first}:…?), "
        f"or give it a default ({first}:…=value) where it need not be unique."
    )
