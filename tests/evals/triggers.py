"""How well triggers fire: precision, recall, confusions and calibration on labelled rows.

    python tests/evals/triggers.py [FILE.jsonl ...]          the tables
    python tests/evals/triggers.py --check                   fail when a figure falls by more than two points
    python tests/evals/triggers.py --write-baseline          take today's figures as the baseline

Rows: {id, prompt?, code?, diff?, path?, labels, optional?, intent?, lang?}. `labels` is ["none"] or trigger names;
those in `optional` are neither required nor wrong. Without files, the repository's own rows are used, each scored with
weights that were learned from the other folds only; the rows of one source are in one fold.
"""

import argparse
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from train_triggers import ROWS, SKILL, UNRELATED, learn, read_rows, render

from layerwise.detect.compiler import compile_triggers
from layerwise.detect.context import Context, Detection
from layerwise.detect.engine import match, match_with
from layerwise.detect.triggers import FILE
from layerwise.review.measured import interval

BASELINE = Path(__file__).parent / "data" / "triggers-baseline.json"
FOLDS = 3
SLACK = 0.02
PARTS = ("prompt", "code", "diff", "path")

Row = dict[str, Any]


class Scored(NamedTuple):
    """A row, the names that fired and the whole answer."""

    row: Row
    fired: frozenset[str]
    found: Detection


def main() -> int:
    """Print the tables; 1 when `--check` finds a figure that fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write-baseline", action="store_true")
    options = parser.parse_args()
    if options.files:
        sets = {path.name: score(read_rows(path), match) for path in options.files}
    else:
        sets = score_folds({path.name: read_rows(path) for path in (ROWS, UNRELATED)})
    figures = {name: measure(scored) for name, scored in sets.items()}
    for name, scored in sets.items():
        print(f"== {name}: {len(scored)} rows\n{report(scored)}\n")
    if options.write_baseline:
        BASELINE.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if options.check:
        return check(figures, json.loads(BASELINE.read_text(encoding="utf-8")))
    return 0


def score(rows: Iterable[Row], detect: Callable[[Context], Detection]) -> list[Scored]:
    """Each row with what `detect` says of it."""
    scored = []
    for row in rows:
        found = detect(Context(**{part: row.get(part) or "" for part in PARTS}))
        scored.append(Scored(row, frozenset(item.name for item in found.matches), found))
    return scored


def score_folds(sets: dict[str, list[Row]]) -> dict[str, list[Scored]]:
    """Each row of each set, scored with weights that were learned without it and its fold."""
    source = (SKILL / FILE).read_bytes()
    scored: dict[str, list[Scored]] = {name: [] for name in sets}
    for fold in range(FOLDS):
        outside = [row for rows in sets.values() for row in rows if choose_fold(row) != fold]
        triggers = compile_triggers(SKILL.name, source, render(learn(source, outside), []).encode())
        for name, rows in sets.items():
            inside = [row for row in rows if choose_fold(row) == fold]
            scored[name] += score(inside, partial(match_with, skills=[triggers]))
    return scored


def choose_fold(row: Row) -> int:
    """The fold of a row, by where it comes from or else by itself."""
    return zlib.crc32((row.get("source") or row["id"]).encode()) % FOLDS


def count(scored: list[Scored], name: str) -> tuple[int, int, int]:
    """(true, false and missed fires) of trigger `name`, or of any trigger for "any"."""
    right = wrong = missed = 0
    for row, fired, _ in scored:
        wanted, allowed = set(row["labels"]) - {"none"}, set(row.get("optional") or ())
        if name == "any":
            right += bool(wanted and fired)
            wrong += bool(not wanted and fired - allowed)
            missed += bool(wanted and not fired)
        elif name not in allowed:
            right += name in fired and name in wanted
            wrong += name in fired and name not in wanted
            missed += name not in fired and name in wanted
    return right, wrong, missed


def measure(scored: list[Scored]) -> dict[str, float]:
    """The figures that `--check` compares: higher is better for each."""
    names = sorted({label for row, _, _ in scored for label in row["labels"]} - {"none"})
    scores = [rate(*count(scored, name)) for name in names]
    right, wrong, missed = count(scored, "any")
    silent, total = count_silent(scored)
    figures = {"silence": silent / max(1, total)}
    if names:
        figures["macro-F1"] = sum(f1 for _, _, f1 in scores) / len(scores)
        figures["any precision"], figures["any recall"], _ = rate(right, wrong, missed)
    inside = [(row, found) for row, _, found in scored if row.get("intent") and row["labels"] != ["none"]]
    intents = [(row["intent"], found.intent) for row, found in inside]
    if intents:
        figures["intent"] = sum(wanted == given for wanted, given in intents) / len(intents)
    return {name: round(value, 4) for name, value in figures.items()}


def count_silent(scored: list[Scored]) -> tuple[int, int]:
    """(rows on which nothing fired, as wanted; rows on which nothing should)."""
    nothing = [(fired, set(row.get("optional") or ())) for row, fired, _ in scored if row["labels"] == ["none"]]
    return sum(not fired - allowed for fired, allowed in nothing), len(nothing)


def rate(right: int, wrong: int, missed: int) -> tuple[float, float, float]:
    """Precision, recall and F1; 0 where nothing can be said."""
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def report(scored: list[Scored]) -> str:
    """The tables as text."""
    names = sorted({label for row, _, _ in scored for label in row["labels"]} - {"none"})
    lines = [f"{'trigger':9}{'precision':>22}{'recall':>22}{'F1':>7}{'rows':>6}"]
    for name in [*names, "any"] if names else []:
        right, wrong, missed = count(scored, name)
        precision, recall, f1 = rate(right, wrong, missed)
        lines.append(
            f"{name:9}{show(precision, right, right + wrong):>22}{show(recall, right, right + missed):>22}"
            f"{f1:7.3f}{right + missed:6}"
        )
    silent, total = count_silent(scored)
    alarms = total - silent
    lines.append(f"false alarms on none: {alarms}/{total} {show(alarms / max(1, total), alarms, total)}")
    lines += [f"{name}: {value:.3f}" for name, value in measure(scored).items()]
    return "\n".join((*lines, *confuse(scored), *calibrate(scored), *by_language(scored)))


def show(value: float, right: int, total: int) -> str:
    """A rate with its 95 % interval (Wilson)."""
    if not total:
        return "-"
    low, high = interval(right, total)
    return f"{value:.3f} [{low:.2f}, {high:.2f}]"


def confuse(scored: list[Scored]) -> list[str]:
    """What was wanted and what fired, where they differ, the most frequent first."""
    pairs = Counter(
        (", ".join(sorted(row["labels"])), ", ".join(sorted(fired - set(row.get("optional") or ()))) or "none")
        for row, fired, _ in scored
    )
    wrong = [(number, wanted, given) for (wanted, given), number in pairs.most_common() if wanted != given]
    return [
        "confusions (wanted -> fired):",
        *(f"{number:5}  {wanted} -> {given}" for number, wanted, given in wrong[:12]),
    ]


def calibrate(scored: list[Scored]) -> list[str]:
    """How often matches of each confidence are right."""
    bins: dict[int, list[bool]] = {}
    for row, _, found in scored:
        for item in found.matches:
            if item.name not in (row.get("optional") or ()):
                bins.setdefault(min(9, int(item.confidence * 10)), []).append(item.name in row["labels"])
    lines = ["reliability (confidence: share right):"]
    for level, hits in sorted(bins.items()):
        share = sum(hits) / len(hits)
        lines.append(f"  {level / 10:.1f}-{(level + 1) / 10:.1f} {share:5.2f} {'#' * round(share * 40):40} {len(hits)}")
    return lines


def by_language(scored: list[Scored]) -> list[str]:
    """Any-trigger precision and recall for each language that has enough rows."""
    languages = Counter(row.get("lang", "") for row, _, _ in scored)
    lines = []
    for language, number in languages.most_common():
        if language and number >= 10 and len(languages) > 1:
            some = [item for item in scored if item.row.get("lang") == language]
            precision, recall, f1 = rate(*count(some, "any"))
            lines.append(f"  {language}: precision {precision:.2f} recall {recall:.2f} F1 {f1:.2f} ({number})")
    return ["any trigger by language:", *lines] if lines else []


def check(figures: dict[str, dict[str, float]], baseline: dict[str, dict[str, float]]) -> int:
    """1, saying which, when a figure is more than two points below the baseline."""
    fallen = [
        f"{name}, {figure}: {figures.get(name, {}).get(figure, 0):.3f}, baseline {value:.3f}"
        for name, values in baseline.items()
        for figure, value in values.items()
        if figures.get(name, {}).get(figure, 0) < value - SLACK
    ]
    print("\n".join(["fell by more than two points:", *fallen]) if fallen else "no figure fell by more than two points")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
