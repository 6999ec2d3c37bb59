"""Which faults that real commits mended the review finds: in the parent of the fix, and no longer in the fix.

    python tests/evals/replay.py ROWS.jsonl REPOSITORIES [--only ID ...] [--select RULE ...] [--json FILE]

Rows: {id, repo, commit, path, unit, category, visible, what}: `commit` mends a fault in the function or class `unit` of
`path`; `visible` is local when the unit shows it, context when other code is needed. REPOSITORIES holds a clone of each
`owner/name` as `owner+name`, with or without a work tree; nothing is written to it.

Both sides are reviewed with the whole project at hand. A rule finds the fault when it reports a place inside the unit,
or on a changed line, and reports fewer there and in the file once the commit is applied.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from layerwise.project.facts import Class, Function
from layerwise.project.index import Project, read_project
from layerwise.review.finding import Finding
from layerwise.review.registry import load_rules
from layerwise.review.run import review

Row = dict[str, Any]
# What a review reads of a project: its code, and where it says which versions it uses.
READ = ("*.py", "pyproject.toml", "*requirements*.txt", "*.lock")
SLACK = 2


class Outcome(NamedTuple):
    """A row and the names of the rules that find its fault, those that are on by default apart."""

    row: Row
    default: tuple[str, ...]
    strict: tuple[str, ...]

    @property
    def found(self) -> bool:
        return bool(self.default or self.strict)


class Side(NamedTuple):
    """What the review says about the file on one side of a commit."""

    findings: tuple[Finding, ...]
    project: Project


def main() -> int:
    """Print the tables; 1 when a row cannot be replayed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--only", nargs="*", default=[], metavar="ID")
    parser.add_argument("--select", nargs="*", default=[], metavar="RULE")
    parser.add_argument("--json", type=Path, help="write what was found, row by row")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.rows.read_text(encoding="utf-8").splitlines() if line]
    rows = [row for row in rows if not options.only or row["id"] in options.only]
    outcomes, broken = [], []
    with tempfile.TemporaryDirectory() as scratch:
        # The facts of one side serve the other: most files of a repository are the same on both.
        os.environ["LAYERWISE_CACHE_DIR"] = str(Path(scratch, "cache"))
        for row in sorted(rows, key=lambda row: row["repo"]):
            clone = find_clone(options.repositories, row["repo"])
            try:
                outcome = replay(row, clone, Path(scratch, clone.parent.name, clone.name), options.select)
            except subprocess.CalledProcessError as error:
                broken.append(f"{row['id']}: {error.stderr.decode(errors='replace').strip()}")
                continue
            outcomes.append(outcome)
            print(describe(outcome), flush=True)
    print(report(outcomes))
    print(*broken, sep="\n", file=sys.stderr)
    if options.json:
        found = {each.row["id"]: {"default": each.default, "strict": each.strict} for each in outcomes}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if broken else 0


def find_clone(repositories: Path, name: str) -> Path:
    """The git directory of `owner/name`: `owner+name`, or `repo` inside it."""
    folder = repositories / name.replace("/", "+")
    return folder / "repo" if (folder / "repo").is_dir() else folder


def replay(row: Row, clone: Path, folder: Path, select: Sequence[str] = ()) -> Outcome:
    """Review the row's file on both sides of its commit. Raises CalledProcessError when git has no such revision."""
    commit, path = row["commit"], row["path"]
    changed = set(read_changed_lines(git(clone, "diff", "-U0", f"{commit}^", commit, "--", path).decode()))
    before = look(clone, f"{commit}^", path, folder, select)
    after = look(clone, commit, path, folder, select)
    unit = find_unit(before.project, path, row["unit"])
    after_unit = find_unit(after.project, path, row["unit"])
    places = changed | unit
    here = count_places(before.findings, places)
    there = count_places(after.findings, after_unit)
    whole = count_places(before.findings, set()), count_places(after.findings, set())
    gone = [name for name in here if here[name] > there[name] and whole[0][name] > whole[1][name]]
    quiet = {rule.name for rule in load_rules() if rule.profile == "default"}
    default = {
        each.name
        for each in before.findings
        if each.name in gone and each.name in quiet and hits(each, places) and each.confidence != "low"
    }
    return Outcome(row, tuple(sorted(default)), tuple(sorted(set(gone) - default)))


def look(clone: Path, revision: str, path: str, folder: Path, select: Sequence[str]) -> Side:
    """The review of one file of a revision, with the project that the revision holds laid out in `folder`."""
    lay_out(clone, revision, folder)
    project = read_project(folder)
    file = folder / path
    texts = {path: file.read_bytes().decode("utf-8-sig")} if file.is_file() else {}
    return Side(review(texts=texts, root=folder, project=project, profile="strict", select=select).findings, project)


def lay_out(clone: Path, revision: str, folder: Path) -> None:
    """Write what a review reads of a revision into `folder`, which holds nothing else afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    wanted: dict[str, str] = {}
    for line in git(clone, "ls-tree", "-r", "-z", revision).decode(errors="replace").split("\0"):
        facts, _, path = line.partition("\t")
        mode, _, blob = facts.partition(" blob ")
        if mode.startswith("100") and any(PurePosixPath(path).match(pattern) for pattern in READ):
            wanted[path] = blob
    held = git(clone, "cat-file", "--batch", text="\n".join(wanted.values()).encode() + b"\n")
    start = 0
    for path in wanted:
        head, _, _ = held[start : start + 200].partition(b"\n")
        start += len(head) + 1
        if head.endswith(b"missing"):
            continue
        size = int(head.split()[-1])
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(held[start : start + size])
        start += size + 1


def git(clone: Path, *arguments: str, text: bytes = b"") -> bytes:
    """What a git command prints when it is fed `text`."""
    return subprocess.run(["git", "-C", str(clone), *arguments], input=text, capture_output=True, check=True).stdout


def read_changed_lines(diff: str) -> Iterator[int]:
    """The lines of the old side that a diff without context changes, with a little room around them."""
    for start, length in re.findall(r"^@@ -(\d+)(?:,(\d+))? ", diff, re.MULTILINE):
        yield from range(int(start) - SLACK, int(start) + int(length or 1) + SLACK)


def find_unit(project: Project, path: str, unit: str) -> set[int]:
    """The lines of a function or class, with its decorators; empty when the file has none of that name."""
    module = project.modules.get(path)
    found: list[Function | Class] = []
    if module is not None:
        found = [*module.outline.functions, *module.outline.classes]
    last = unit.rpartition(".")[2]
    named = [each for each in found if each.qualname == unit] or [each for each in found if each.name == last]
    return {
        line
        for each in named[:1]
        for line in range(each.start_line if isinstance(each, Function) else each.line, each.end_line + 1)
    }


def count_places(findings: Sequence[Finding], lines: set[int]) -> Counter[str]:
    """How many places on `lines`, or anywhere when there are none, each rule reports."""
    return Counter(
        finding.name
        for finding in findings
        for place in read_places(finding)
        if not lines or not lines.isdisjoint(place)
    )


def read_places(finding: Finding) -> Iterator[range]:
    """The lines of a finding, and those of the others that it stands for when a file does a thing throughout."""
    yield range(finding.span.line, finding.span.end_line + 1)
    if finding.message.endswith("more in this file."):
        yield from (range(step.line, step.line + 1) for step in finding.trace if step.path == finding.path)


def hits(finding: Finding, lines: set[int]) -> bool:
    """Whether one of the places of a finding is on one of the lines."""
    return any(not lines.isdisjoint(place) for place in read_places(finding))


def describe(outcome: Outcome) -> str:
    """One line for a row: what found it."""
    row = outcome.row
    strict = [f"{name} (strict)" for name in outcome.strict]
    found = ", ".join((*outcome.default, *strict)) or "-"
    return f"{row['id']} {row['visible']:7} {row['category']:26} {row['repo']} {row['path']}:{row['unit']}: {found}"


def report(outcomes: list[Outcome]) -> str:
    """The shares found, by what the fault is visible in and by category."""
    lines = [f"\n{'':28}{'rows':>6}{'default':>9}{'with strict':>13}"]
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        groups[f"visible: {each.row['visible']}"].append(each)
    for each in sorted(outcomes, key=lambda each: str(each.row["category"])):
        groups[each.row["category"]].append(each)
    groups["all"] = outcomes
    for name, some in groups.items():
        default, found = sum(bool(each.default) for each in some), sum(each.found for each in some)
        lines.append(f"{name:28}{len(some):6}{default:9}{found:7} {found / max(1, len(some)):5.0%}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
