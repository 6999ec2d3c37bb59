"""Installing into a host and taking it back, each as a change set to look at first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes.files import fingerprint, read_bytes
from layerwise.changes.manifest import Manifest, read_manifest
from layerwise.changes.paths import locate, resolve_root
from layerwise.errors import InvalidInputError
from layerwise.install.hosts import HOSTS, Host, Scope, choose_file, hook_entries, server_entry
from layerwise.install.launcher import UVX, Launcher
from layerwise.install.merge import Entry
from layerwise.install.piece import Piece, decode, displace, is_bare, place, restore
from layerwise.install.record import (
    FileRecord,
    dump_records,
    find_sharers,
    is_shared_creation,
    name_record,
    read_records,
)

_HOOKS_OFF = 'Hooks are switched off by LAYERWISE_HOOKS=off, or by hooks = "off" in .layerwise/settings.toml.'


@dataclass(frozen=True, slots=True)
class Wish:
    """What to install: into which host, for the project or the user, started how; with hooks; with the index of the
    skills (empty: without)."""

    host: Host
    scope: Scope
    launcher: Launcher
    hooks: bool = False
    index: str = ""


def plan_install(root: Path, wish: Wish) -> ChangeSet:
    """The change set that installs; empty where all is in place. `root` is the project or the home folder.

    Raises InvalidInputError when the host has no such file, or one is malformed; OutsideRootError for a symbolic link.
    """
    root = resolve_root(root)
    manifest = read_manifest(root)
    known = read_records(manifest, wish.host.name)
    records, changes = dict(known), []
    for piece in _list_pieces(root, wish):
        before = read_bytes(locate(root, piece.path))
        text = decode(before, piece.path)
        placed = place(piece, text)
        if before is None or placed.text != text:
            changes.append(Change(piece.path, before, placed.text.encode()))
        fresh = FileRecord(before is None or is_shared_creation(manifest, piece.path), placed.layers, placed.made)
        is_kept = before is not None and manifest.hashes.get(piece.path) == fingerprint(before)
        earlier = known.get(piece.path)
        records[piece.path] = _extend(earlier, fresh, is_kept) if placed.layers else earlier or fresh
    return ChangeSet(
        root,
        tuple(changes),
        warnings=tuple(filter(None, [wish.launcher.warning])),
        notices=(wish.launcher.notice, *([_HOOKS_OFF] if wish.hooks else [])),
        next_steps=tuple(filter(None, [wish.host.next_step])),
        record=dump_records(wish.host.name, records) if changes or records != known else {},
    )


def plan_uninstall(root: Path, host: Host, scope: Scope) -> ChangeSet:
    """The change set that takes out what an installation put in; empty where there is nothing of it.

    A file that nobody touched since becomes what it was, byte for byte. Raises InvalidInputError when a file is
    malformed, OutsideRootError for a symbolic link.
    """
    root = resolve_root(root)
    manifest = read_manifest(root)
    records = read_records(manifest, host.name)
    changes, notices = [], []
    for piece in _list_known(root, host, scope, records):
        before = read_bytes(locate(root, piece.path))
        if before is None:
            continue
        if piece.body and (others := find_sharers(manifest, host.name, piece.path)):
            notices.append(f"{piece.path} keeps its block, which {', '.join(others)} also counts on.")
            continue
        after = _take_back(piece, before, records.get(piece.path), manifest)
        if after != before:
            changes.append(Change(piece.path, before, after))
    is_recorded = name_record(host.name) in manifest.generations
    if not changes and not notices:
        notices.append(f"Nothing of Layerwise is installed into {host.name} here.")
    record = {"removes": name_record(host.name)} if is_recorded else {}
    return ChangeSet(root, tuple(changes), notices=tuple(notices), record=record)


def _list_pieces(root: Path, wish: Wish) -> list[Piece]:
    host, scope = wish.host, wish.scope
    entries: dict[str, list[Entry]] = {}
    servers = choose_file(host, host.servers, scope, "servers")
    entries.setdefault(servers, []).append(server_entry(host, scope, wish.launcher))
    if wish.hooks:
        if host.hooks is None:
            able = ", ".join(name for name, each in HOSTS.items() if each.hooks)
            raise InvalidInputError(
                f"{host.name} has no hooks that Layerwise knows; leave out --hooks. Has them: {able}."
            )
        file = choose_file(host, host.hook_files, scope, "hooks")
        entries.setdefault(file, []).extend(hook_entries(host, host.hooks, wish.launcher))
    pieces = [Piece(path, tuple(each)) for path, each in entries.items()]
    if wish.index:
        file = choose_file(host, host.instructions, scope, "instructions")
        pieces.append(Piece(_follow_import(root, file), body=wish.index))
    return pieces


def _follow_import(root: Path, file: str) -> str:
    """The file of instructions, or the AGENTS.md that it imports, so that both say one thing."""
    text = (read_bytes(locate(root, file)) or b"").decode("utf-8", errors="replace")
    return "AGENTS.md" if file == "CLAUDE.md" and "@AGENTS.md" in text else file


def _list_known(root: Path, host: Host, scope: Scope, records: Mapping[str, FileRecord]) -> list[Piece]:
    """Every piece that an installation may have put somewhere."""
    wish = Wish(host, scope, UVX, hooks=scope in host.hook_files)
    instructions = {path for path in records if path.endswith(".md")}
    if scope in host.instructions:
        instructions.add(_follow_import(root, host.instructions[scope]))
    return [*_list_pieces(root, wish), *(Piece(path, body="known by its marks") for path in sorted(instructions))]


def _extend(known: FileRecord | None, fresh: FileRecord, is_kept: bool) -> FileRecord:
    """The record of a second installation into a file, on top of the first."""
    if known is None:
        return fresh
    layers = (*known.layers, *fresh.layers) if is_kept and known.layers is not None and fresh.layers else None
    return replace(known, layers=layers, made=(*known.made, *fresh.made))


def _take_back(piece: Piece, before: bytes, record: FileRecord | None, manifest: Manifest) -> bytes | None:
    text = decode(before, piece.path)
    if record and record.layers == () and not piece.body:
        return before  # it said all this before
    if record and record.layers is not None and manifest.hashes.get(piece.path) == fingerprint(before):
        return None if record.created else restore(text, record.layers).encode()
    after = displace(piece, text, record.made if record else ())
    if record and record.created and after != text and is_bare(piece, after):
        return None
    return after.encode()
