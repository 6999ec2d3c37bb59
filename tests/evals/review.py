"""How often a rule is right on public code, and how much a review of it says.

    python tests/evals/review.py                       the figures of the labelled findings, a row a rule
    python tests/evals/review.py --write               put them where rule pages show them
    python tests/evals/review.py FOLDER ... [--write]  review checkouts: findings in 1,000 lines, and which labelled
                                                       findings are reported no more, so that they count no more
    python tests/evals/review.py FOLDER ... --sample 12 --seed 1 > FILE.jsonl
                                                       a random sample, at most so many a rule, to read and label

A checkout lies in a folder named `owner+name`. Rows of data/review-sample.jsonl: {repo, commit, path, symbol, rule, code,
right, useful, note?, tuned, reported}. `code` is the reported line. `right`: what the message says is true there.
`useful`: a senior engineer would want to be told in a review that nobody asked to be strict. `tuned`: the rules were
mended after reading findings of that project. `reported`: the rules of today still say it.
"""

import argparse
import ast
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from layerwise.project.index import read_project
from layerwise.review.finding import Finding
from layerwise.review.measured import FILE, WANTED, Measured
from layerwise.review.registry import find_rule, load_rules
from layerwise.review.run import review

SAMPLE = Path(__file__).parent / "data/review-sample.jsonl"
PROJECTS = Path(__file__).parent / "data/review-projects.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One finding that was read and judged; `right` and `useful` are None in a sample that waits to be."""

    repo: str
    commit: str
    path: str
    symbol: str
    rule: str
    code: str
    right: bool | None = None
    useful: bool | None = None
    tuned: bool = False
    reported: bool = True
    note: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return self.repo, self.path, self.symbol, self.rule, self.code


def read_rows(path: Path) -> list[Row]:
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    lines = (
        json.dumps({name: value for name, value in asdict(row).items() if name != "note" or value}) for row in rows
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def count(rows: Iterable[Row]) -> dict[str, Measured]:
    """The figures by rule, of what is still reported."""
    by_rule: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.reported and row.right is not None:
            by_rule[row.rule].append(row)
    return {
        rule: Measured(len(found), sum(bool(row.right) for row in found), sum(bool(row.useful) for row in found))
        for rule, found in sorted(by_rule.items())
    }


def symbol_at(tree: ast.Module | None, line: int) -> str:
    """The names of the classes and functions around a line, joined by dots."""
    names: list[str] = []
    body: Sequence[ast.stmt] = tree.body if tree else ()
    while True:
        holder = next((node for node in body if node.lineno <= line <= (node.end_lineno or node.lineno)), None)
        if not isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return ".".join(names)
        names.append(holder.name)
        body = holder.body


def to_row(folder: Path, commit: str, finding: Finding, trees: dict[str, ast.Module | None]) -> Row:
    text = (folder / finding.path).read_text(encoding="utf-8")
    if finding.path not in trees:
        try:
            trees[finding.path] = ast.parse(text)
        except SyntaxError:
            trees[finding.path] = None
    code = text.splitlines()[finding.line - 1].strip()
    symbol = symbol_at(trees[finding.path], finding.line)
    return Row(folder.name.replace("+", "/", 1), commit, finding.path, symbol, finding.name, code)


def review_folder(folder: Path, commit: str) -> tuple[list[Row], int]:
    """What the default profile says about a checkout, and its lines."""
    result = review(["."], root=folder, project=read_project(folder))
    trees: dict[str, ast.Module | None] = {}
    return [to_row(folder, commit, finding, trees) for finding in result.findings], result.coverage.lines


def draw(rows: Sequence[Row], most: int, seed: int) -> list[Row]:
    """At most `most` rows of each rule, one project after the other, in random order."""
    rng = random.Random(seed)
    by_rule: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_rule[row.rule][row.repo].append(row)
    drawn: list[Row] = []
    for rule in sorted(by_rule):
        pools = [rng.sample(found, len(found)) for _, found in sorted(by_rule[rule].items())]
        rng.shuffle(pools)
        turns = [row for turn in range(max(map(len, pools))) for pool in pools for row in pool[turn : turn + 1]]
        drawn += turns[:most]
    return drawn


def show(figures: dict[str, Measured], rows: Sequence[Row]) -> None:
    for rule, measured in figures.items():
        low, high = measured.interval
        known = find_rule(rule)
        wanted = WANTED[known.severity]
        mark = " < wanted" if measured.precision < wanted and known.profile == "default" else ""
        print(
            f"{rule:42} {measured.right:3}/{measured.labelled:<3} {low:.2f}-{high:.2f} useful {measured.useful}{mark}"
        )
    for name, some in (("all", rows), ("projects not used for mending rules", [row for row in rows if not row.tuned])):
        whole = [row for row in some if row.reported]
        total = Measured(len(whole), sum(bool(row.right) for row in whole), sum(bool(row.useful) for row in whole))
        print(f"{name}: {total.describe()}, in {len({row.repo for row in whole})} projects")
    silent = {rule.name for rule in load_rules() if rule.profile == "default"} - set(figures)
    print(f"not measured: {len(silent)} rules of the default profile: {', '.join(sorted(silent))}")


def refresh(rows: list[Row], folders: Sequence[Path], projects: dict[str, dict[str, int | str]]) -> list[Row]:
    """The rows with `reported` as the rules of today have it in the checkouts, whose figures go into `projects`."""
    for folder in folders:
        repo = folder.name.replace("+", "/", 1)
        commit = str(projects.get(repo, {}).get("commit", ""))
        found, lines = review_folder(folder, commit)
        projects[repo] = {"commit": commit, "lines": lines, "findings": len(found)}
        print(f"{repo}: {len(found)} findings in {lines} lines, {1000 * len(found) / max(1, lines):.2f} in 1,000")
        keys = Counter(row.key for row in found)
        rows = [replace(row, reported=row.key in keys) if row.repo == repo else row for row in rows]
    return rows


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    rows, projects = read_rows(SAMPLE), json.loads(PROJECTS.read_text(encoding="utf-8"))
    if asked.sample:
        known = {row.key for row in rows}
        found = [row for folder in asked.folders for row in review_folder(folder, "")[0] if row.key not in known]
        for row in draw(found, asked.sample, asked.seed):
            print(json.dumps(asdict(row)))
        return 0
    rows = refresh(rows, asked.folders, projects)
    figures = count(rows)
    show(figures, rows)
    if asked.write:
        write_rows(SAMPLE, rows)
        PROJECTS.write_text(json.dumps(projects, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        table = {
            rule: {"labelled": each.labelled, "right": each.right, "useful": each.useful}
            for rule, each in figures.items()
        }
        FILE.write_text(json.dumps({"rules": table}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
