"""`layerwise templates`: see, copy and check the templates that a team has of its own."""

import argparse
from pathlib import Path

from layerwise.cli.setup import offer
from layerwise.cli.terminal import print_answer
from layerwise.errors import InvalidInputError
from layerwise.roots import find_roots

DONE, FOUND = 0, 1
ACTIONS = ("list", "eject", "check")


def templates(parsed: argparse.Namespace) -> int:
    """Do what `parsed.action` names; returns 1 where a check found faults."""
    if bool(parsed.paths) != (parsed.action == "eject"):
        raise InvalidInputError("eject takes the paths of templates, as list shows them; list and check take none.")
    root = find_roots([parsed.root] if parsed.root else []).choose()
    if parsed.action == "eject":
        from layerwise.generate.templates import eject

        return offer(parsed, eject(root, parsed.paths))
    return _list(parsed, root) if parsed.action == "list" else _check(parsed, root)


def _list(parsed: argparse.Namespace, root: Path) -> int:
    from layerwise.generate.templates import list_templates

    found = list_templates(root)
    text = "".join(f"{path}{'  (the project has its own)' if own else ''}\n" for path, own in found)
    rows = [{"path": path, "own": own} for path, own in found]
    print_answer({"templates": rows}, text, as_json=parsed.json)
    return DONE


def _check(parsed: argparse.Namespace, root: Path) -> int:
    from layerwise.generate.templates import check
    from layerwise.jobs import review_texts

    count, faults = check(root, review_texts)
    told = "Nothing is wrong with them." if not faults else f"{len(faults)} faults:"
    lines = [f"{count} templates of the project's own. {told}", *(f"- {fault}" for fault in faults)]
    print_answer({"own": count, "faults": faults}, "\n".join(lines) + "\n", as_json=parsed.json)
    return FOUND if faults else DONE
