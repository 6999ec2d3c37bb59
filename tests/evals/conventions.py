"""How well conventions are read: what is detected in public projects against what is true of them.

    python tests/evals/conventions.py CHECKOUTS              the table, and every value that is wrong

CHECKOUTS holds a folder `owner+name` for each table of data/conventions.toml, at the commit named there; those that
are missing are said. A value is right when the truth names it; nothing detected counts as the value `none`.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from layerwise.project.conventions import NAMES, read_conventions
from layerwise.project.index import read_project
from layerwise.review.measured import interval

TRUTH = Path(__file__).parent / "data" / "conventions.toml"
NOTES = ("commit", "note")
NOTHING = "none"
SURE = 0.7


class Reading(NamedTuple):
    """One convention of one project: what was detected, how sure, and what may be called right."""

    project: str
    name: str
    value: str
    confidence: float
    truth: tuple[str, ...]

    @property
    def right(self) -> bool:
        return self.value in (self.truth or (NOTHING,))


def main() -> int:
    """Print the table; 1 when no project of the truth is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path, metavar="CHECKOUTS")
    folder = parser.parse_args().checkouts
    truth = tomllib.loads(TRUTH.read_text(encoding="utf-8"))
    places = {project: folder / project.replace("/", "+") for project in truth}
    readings = [
        reading
        for project, place in places.items()
        if place.is_dir()
        for reading in read(project, place, {key: value for key, value in truth[project].items() if key not in NOTES})
    ]
    print(report(readings))
    if missing := [project for project, place in places.items() if not place.is_dir()]:
        print(f"\nNot in {folder}: {', '.join(missing)}")
    return 0 if readings else 1


def read(project: str, place: Path, truth: dict[str, list[str]]) -> Iterator[Reading]:
    """What is detected in a checkout, one reading for each convention that the truth speaks of."""
    found = read_conventions(read_project(place, cache=False)).by_name
    for name in NAMES:
        if name in truth:
            one = found.get(name)
            value, confidence = (one.value, one.confidence) if one else (NOTHING, 0.0)
            yield Reading(project, name, value, confidence, tuple(truth[name]))


def report(readings: list[Reading]) -> str:
    """A row for each project, then every wrong value."""
    lines = [f"{'project':48} {'right':>12}  wrong and sure  wrong and asking"]
    for project in [*dict.fromkeys(reading.project for reading in readings), ""]:
        own = [reading for reading in readings if reading.project == project or not project]
        right = sum(reading.right for reading in own)
        sure = sum(not reading.right and reading.confidence >= SURE for reading in own)
        share = right / len(own) if own else 0.0
        lines.append(
            f"{project or 'all':48} {right:>3}/{len(own):<3} {share:4.0%}  {sure:>14}  {len(own) - right - sure:>16}"
        )
    low, high = interval(sum(reading.right for reading in readings), len(readings))
    lines += [f"95 % interval of all: {low:.1%} to {high:.1%}", ""]
    lines += [
        f"{one.project}: {one.name} is {' or '.join(one.truth) or NOTHING}, detected {one.value} ({one.confidence:.2f})"
        for one in readings
        if not one.right
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
