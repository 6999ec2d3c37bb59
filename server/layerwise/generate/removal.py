"""Removal: a resource that Layerwise generated taken out again, with all that made the backend know it."""

import ast
from collections.abc import Iterator, Sequence

from layerwise.changes.files import fingerprint
from layerwise.changes.manifest import Manifest
from layerwise.generate import migration
from layerwise.generate.account import NAME
from layerwise.generate.alteration import alter
from layerwise.generate.backend import Draft
from layerwise.generate.chain import VERSIONS, retract
from layerwise.generate.grow import read_resource, rewire, turn_inverses, write_migration
from layerwise.generate.resource import BLUEPRINT, Piece, list_pieces


def remove(draft: Draft, name: str, manifest: Manifest, *, forced: bool = False) -> None:
    """Take the resource called `name` out of the draft; what stands in the way becomes an issue that names it.

    Files that were edited go only when `forced`. Its table goes by a new migration, unless the one that made it is the
    last and was perhaps never applied: then that goes.
    """
    generation = manifest.generations[name]
    spec, layers = read_resource(generation)
    pieces = list_pieces(draft, spec, layers, account=name == NAME)
    draft.issues += _find_dependents(pieces, manifest)
    if draft.issues:
        return
    paths = [path.removeprefix(draft.backend.prefix) for path in generation.created]
    for path in paths:
        if not path.startswith(VERSIONS):
            _delete(draft, path, manifest, forced=forced)
    for piece in pieces:
        rewire(draft, piece, None)
    for piece in pieces[:1]:
        turn_inverses(draft, piece, None)
    _drop_tables(draft, pieces, [path for path in paths if path.startswith(VERSIONS)])
    draft.issues += _find_users(draft)
    draft.records = [{"removes": name}]


def _find_dependents(pieces: Sequence[Piece], manifest: Manifest) -> Iterator[str]:
    own = {piece.spec.name for piece in pieces}
    if NAME in own:
        yield f"The login stands on {NAME}, so it cannot be removed."
    for other, generation in manifest.made_by(BLUEPRINT).items():
        spec, _ = read_resource(generation)
        for relation in spec.relations:
            if other not in own and relation.target in own and relation.kind != "has_many":
                yield (
                    f"{other}.{relation.name} refers to {relation.target}. "
                    f"Remove it first: 'remove {other} {relation.name}' or 'remove {other}'."
                )


def _delete(draft: Draft, path: str, manifest: Manifest, *, forced: bool) -> None:
    data, name = draft.backend.read_bytes(path), draft.backend.prefix + path
    if data is None:
        return
    if fingerprint(data) != manifest.hashes.get(name) and not forced:
        draft.issues.append(f"{name} was edited since it was generated. Remove it by hand, or ask again with --force.")
        return
    draft.put(path, None)


def _drop_tables(draft: Draft, pieces: Sequence[Piece], paths: Sequence[str]) -> None:
    files = draft.read_folder(VERSIONS)
    revisions = migration.read_revisions({path: files[path] for path in paths if path in files})
    if retract(draft, [revision.revision for revision in revisions]):
        return
    there = [piece for piece in pieces if migration.is_there(piece.spec.table, files)]
    if not there:
        return
    upgrade = [statement for piece in reversed(there) for statement in alter(piece, None)]
    downgrade = [statement for piece in there for statement in alter(None, piece)]
    table = there[0].spec.table
    write_migration(draft, f"Drop {table}", tuple(piece.spec for piece in there), upgrade, downgrade)
    draft.notices.append(f"The migrations that made {table} stay, for they may have been applied; a new one drops it.")


def _find_users(draft: Draft) -> Iterator[str]:
    """What still imports a module that goes, an issue each."""
    gone = {
        path.removesuffix(".py").replace("/", ".")
        for path, text in draft.files.items()
        if text is None and path.endswith(".py")
    }
    for folder in ("app", "tests"):
        for path, text in draft.read_folder(folder).items():
            for module in sorted(_list_modules(text) & gone):
                yield f"{draft.backend.prefix}{path} still imports {module}. Take that out first."


def _list_modules(text: str) -> set[str]:
    """The modules that a file may import; none where it cannot be parsed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{part.name}" for part in node.names)}
        elif isinstance(node, ast.Import):
            found |= {part.name for part in node.names}
    return found
