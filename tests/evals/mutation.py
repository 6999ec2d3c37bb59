"""How many defects that are put into working backends the review finds, operator by operator.

    python tests/evals/mutation.py [FOLDER ...] [--most N] [--misses]

Three backends are generated; FOLDERs with other projects may be added. Of each operator at most N mutants a project are
taken, by a seeded choice. A mutant counts as found when the review reports something new in the function or class that
holds the defect, or something whose trace leads there.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mutants import ASIDE, Mutant, find_mutants

from layerwise.changes.apply import apply
from layerwise.generate.plan import plan
from layerwise.project.index import Project, build_project
from layerwise.review.finding import Finding
from layerwise.review.run import review

SEED = 7
USER: dict[str, Any] = {"request": "create a UserService"}
BACKENDS: Mapping[str, Sequence[dict[str, Any]]] = {
    "shop": (
        USER,
        {"name": "Tag", "fields": "name:str(30) unique"},
        {
            "spec": {
                "name": "Order",
                "fields": "number:str(20) unique, note:text?, placed:datetime=now",
                "relations": [
                    {
                        "name": "items",
                        "kind": "has_many",
                        "target": "OrderItem",
                        "on_delete": "cascade",
                        "fields": "sku:str(64), quantity:int gt=0",
                    },
                    "tags:m2m(Tag)",
                ],
            }
        },
    ),
    "notes": (
        USER,
        {
            "spec": {
                "name": "Note",
                "fields": "title:str(100) unique, rank:int=1, token:uuid=random",
                "relations": ["author:ref(User) owner cascade"],
                "mixins": ["timestamps", "soft_delete", "versioned"],
                "pagination": "keyset",
                "id": "int",
                "auth": {"read": "owner", "write": "owner"},
            }
        },
    ),
    "clinic": (
        USER,
        {"name": "Doctor", "fields": "license:str(20) unique, name:str(80) search, joined:date?"},
        {
            "name": "Patient",
            "fields": "number:slug unique, born:date, weight:decimal(5,2)?, doctor:ref(Doctor) filter",
        },
    ),
}


class Case(NamedTuple):
    """A project by name: its texts, and its index."""

    name: str
    texts: Mapping[str, str]
    project: Project


class Outcome(NamedTuple):
    """A mutant of a project and the rules that find it."""

    case: str
    mutant: Mutant
    found: tuple[str, ...]


def main() -> int:
    """Print the table; 1 when fewer than 85 % are found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--most", type=int, default=12, metavar="N")
    parser.add_argument("--misses", action="store_true", help="name the mutants that were not found")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = [generate(name, Path(folder, name)) for name in BACKENDS]
    cases += [read(folder) for folder in options.folders]
    outcomes = [outcome for case in cases for outcome in try_mutants(case, options.most)]
    print(report(outcomes, [case.name for case in cases]))
    if options.misses:
        missed = (each for each in outcomes if not each.found)
        print(
            *(f"{each.mutant.operator}: {each.case} {each.mutant.path} {each.mutant.unit}" for each in missed), sep="\n"
        )
    return 0 if sum(bool(each.found) for each in outcomes) >= 0.85 * len(outcomes) else 1


def generate(name: str, root: Path) -> Case:
    """One of the generated backends."""
    root.mkdir()
    for wish in BACKENDS[name]:
        planned = plan(root, review=lambda texts: [], **wish)
        assert not planned.issues, planned.issues
        apply(planned)
    return read(root)


def read(root: Path) -> Case:
    """The project below a folder."""
    texts = {}
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if not ASIDE.search(path):
            texts[path] = file.read_bytes().decode("utf-8-sig", errors="replace")
    return Case(root.name, texts, build_project(texts))


def try_mutants(case: Case, most: int) -> Iterator[Outcome]:
    """A seeded sample of the mutants of a project, each with what is new about it."""
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in find_mutants(case.texts, case.project):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    chance = random.Random(SEED)
    before = Counter(map(_key, look(case.texts, case.project)))
    for mutants in by_operator.values():
        for mutant in chance.sample(mutants, min(most, len(mutants))):
            texts = {**case.texts, mutant.path: mutant.text}
            project = build_project(texts)
            findings = look(texts, project)
            after = Counter(map(_key, findings))
            unit = find_unit(project, mutant)
            new = {
                each.name
                for each in findings
                if after[_key(each)] > before[_key(each)] and leads_to(each, mutant, unit)
            }
            yield Outcome(case.name, mutant, tuple(sorted(new)))


def look(texts: Mapping[str, str], project: Project) -> tuple[Finding, ...]:
    """What every rule that ships says about a project."""
    return review(texts=texts, project=project, profile="strict").findings


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.name, finding.path, finding.message


def find_unit(project: Project, mutant: Mutant) -> range:
    """The lines of the function or class that holds the defect; the whole file for what stands outside any."""
    module = project.modules.get(mutant.path)
    assert module is not None
    for function in module.outline.functions:
        if function.qualname == mutant.unit:
            return range(function.start_line, function.end_line + 1)
    for klass in module.outline.classes:
        if klass.qualname == mutant.unit:
            return range(klass.line, klass.end_line + 1)
    return range(1, module.outline.lines + 1)


def leads_to(finding: Finding, mutant: Mutant, unit: range) -> bool:
    """Whether a finding stands in the unit, or its trace passes through it."""
    if finding.path == mutant.path and any(line in unit for line in range(finding.line, finding.span.end_line + 1)):
        return True
    return any(step.path == mutant.path and step.line in unit for step in finding.trace)


def report(outcomes: Sequence[Outcome], cases: Sequence[str]) -> str:
    """Found and made, by operator and project."""
    operators = list(dict.fromkeys(each.mutant.operator for each in outcomes))
    lines = [f"{'operator':26}" + "".join(f"{name[:14]:>16}" for name in cases) + f"{'all':>12}"]
    for operator in (*operators, ""):
        row = [each for each in outcomes if each.mutant.operator == operator or not operator]
        cells = [_share([each for each in row if each.case == name]) for name in cases]
        share = sum(bool(each.found) for each in row) / max(1, len(row))
        lines.append(
            f"{operator or 'all':26}" + "".join(f"{cell:>16}" for cell in cells) + f"{_share(row):>8} {share:4.0%}"
        )
    return "\n".join(lines)


def _share(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(bool(each.found) for each in outcomes)}/{len(outcomes)}" if outcomes else "-"


if __name__ == "__main__":
    sys.exit(main())
