"""`layerwise skills new|check|list`: for those who write skills."""

import argparse
from pathlib import Path

from layerwise.cli.setup import find_root, offer
from layerwise.cli.terminal import print_answer


def run(parsed: argparse.Namespace) -> int:
    """The command; returns 0, or 1 when a skill is refused or an example of its triggers fails."""
    return {"new": _new, "check": _check, "list": _list}[parsed.action](parsed)


def _new(parsed: argparse.Namespace) -> int:
    from layerwise.author.skeleton import plan_skill

    return offer(parsed, plan_skill(find_root(parsed), parsed.name))


def _check(parsed: argparse.Namespace) -> int:
    from layerwise.author.check import check_skill

    report = check_skill(Path(parsed.folder))
    print_answer(report.as_dict(), report.as_text(), as_json=parsed.json)
    return 0 if report.is_good else 1


def _list(parsed: argparse.Namespace) -> int:
    from layerwise.catalog import load_catalog

    catalog = load_catalog([find_root(parsed)])
    rows, lines = [], []
    for name, skill in catalog.skills.items():
        fires = str(skill.folder) in catalog.trigger_folders
        row = {"name": name, "origin": catalog.origins[name], "folder": str(skill.folder), "has_triggers": fires}
        rows.append({**row, "topics": list(skill.topics)})
        lines.append(f"{name} ({row['origin']}): {len(skill.topics)} topics{', triggers' if fires else ''}")
    text = "\n".join((*lines, *catalog.refusals))
    print_answer({"skills": rows, "refused": list(catalog.refusals)}, text, as_json=parsed.json)
    return 1 if catalog.refusals else 0
