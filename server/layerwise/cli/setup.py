"""The commands that set Layerwise up: each shows a change set, and with `--apply` writes it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from layerwise.cli.terminal import print_answer
from layerwise.roots import find_roots

if TYPE_CHECKING:
    from layerwise.changes.changeset import ChangeSet
    from layerwise.install.hosts import Host, Scope
    from layerwise.skills import Skill


def install(parsed: argparse.Namespace) -> int:
    """`layerwise install`."""
    from layerwise.install.index import render_index
    from layerwise.install.launcher import find_launcher
    from layerwise.install.plan import Wish, plan_install

    host, scope, root = _read_target(parsed)
    index = render_index(_load_skills()) if parsed.agents_md else ""
    return offer(parsed, plan_install(root, Wish(host, scope, find_launcher(), parsed.hooks, index)))


def uninstall(parsed: argparse.Namespace) -> int:
    """`layerwise uninstall`."""
    from layerwise.install.plan import plan_uninstall

    host, scope, root = _read_target(parsed)
    return offer(parsed, plan_uninstall(root, host, scope))


def package(parsed: argparse.Namespace) -> int:
    """`layerwise package`."""
    from layerwise.install.package import plan_package

    return offer(parsed, plan_package(find_root(parsed), parsed.folder, _load_skills()))


def offer(parsed: argparse.Namespace, changeset: "ChangeSet") -> int:
    """Show the change set, and with `--apply` write it."""
    from layerwise.changes.apply import apply
    from layerwise.changes.preview import preview

    shown = preview(changeset)
    if not parsed.apply:
        add = "Nothing is written yet: add --apply." if changeset.changes else "There is nothing to write."
        print_answer(shown.data, f"{shown.text}{add}\n", as_json=parsed.json)
        return 0
    apply(changeset)
    back = f"Take it back with: layerwise undo --root {changeset.root}\n" if changeset.changes else ""
    text = shown.text.replace("nothing written yet", "written") + back
    print_answer({**shown.data, "applied": True}, text, as_json=parsed.json)
    return 0


def _read_target(parsed: argparse.Namespace) -> "tuple[Host, Scope, Path]":
    from layerwise.install.hosts import find_host

    host = find_host(parsed.host)
    scope: Scope = parsed.scope or ("project" if "project" in host.servers else "user")
    return host, scope, Path.home() if scope == "user" else find_root(parsed)


def find_root(parsed: argparse.Namespace) -> Path:
    """The project's folder that the command line names."""
    return find_roots([parsed.root] if parsed.root else []).choose()


def _load_skills() -> "dict[str, Skill]":
    from layerwise.assets import folder
    from layerwise.skills import load_all

    return load_all([folder("skills")])
