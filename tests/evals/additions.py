"""Adds a resource to public projects and checks what comes out: `python tests/evals/additions.py FOLDER`.

FOLDER holds checkouts, one project a folder. Each gets a resource with two fields and a reference to a model that it
has; nothing is written to it. A row says what was followed, or why the project was refused, and whether the new files
parse, their imports resolve in that tree, the project's linter finds no more in the changed files than before (or
only kinds of findings that the exemplar's files have, too), its formatter leaves them, and the diff only adds.
"""

import argparse
import ast
import difflib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from layerwise.changes.changeset import ChangeSet
from layerwise.errors import LayerwiseError
from layerwise.generate.backend import find_backend
from layerwise.generate.likeness.exemplar import find_exemplars
from layerwise.generate.likeness.plan import find_home, plan_likeness
from layerwise.generate.likeness.polish import Polish, find_ruff
from layerwise.generate.likeness.refusal import find_refusals
from layerwise.generate.likeness.renaming import entity_words
from layerwise.generate.plan import plan
from layerwise.generate.reader import parse
from layerwise.project.index import Project

FIELDS = "headline:str(80), amount:decimal(10,2), {snake}:ref({target})"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one project."""

    project: str
    outcome: str
    exemplar: str = ""
    files: str = ""
    parses: str = ""
    imports: str = ""
    lint: str = ""
    format: str = ""
    unrelated: str = ""
    seconds: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit code is 1 where something that was written fails a check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="a folder of checkouts")
    rows = [add_to(path) for path in sorted(parser.parse_args(arguments).folder.iterdir()) if path.is_dir()]
    names = Row.__slots__
    table = [names, *(tuple(getattr(row, name) for name in names) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(names))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return int(any("no" in (row.parses, row.imports, row.format, row.unrelated) for row in rows))


def add_to(root: Path) -> Row:
    """The row of one project."""
    begun = time.monotonic()
    if find_backend(root).exists:
        changeset = plan(
            root, name="Voucher", fields=FIELDS.format(snake="user", target="User"), review=lambda texts: ()
        )
        return _judge(root, changeset, "Layerwise's own", begun)
    project = find_home(root)
    if project is None:
        return Row(root.name, "refused: nothing to follow")
    if refusals := find_refusals(project):
        return Row(root.name, f"refused: {refusals[0][:70]}")
    found = find_exemplars(project, (), without="Voucher")
    if not found:
        return Row(root.name, "refused: no resource with a model and routes")
    target = _choose_target(project, found[0].name)
    snake = "_".join(entity_words(target))
    try:
        spec = parse("Voucher", FIELDS.format(snake=snake, target=target))
        changeset = plan_likeness(project, root, spec, {})
    except LayerwiseError as error:
        return Row(root.name, f"refused: {str(error)[:70]}")
    exemplar = str(changeset.record.get("exemplar", ""))
    kin = next((each.owned for each in found if each.name == exemplar), ())
    return _judge(root, changeset, exemplar, begun, kin)


def _judge(root: Path, changeset: ChangeSet, exemplar: str, begun: float, kin: tuple[str, ...] = ()) -> Row:
    if changeset.issues:
        imports = "no" if any("imports" in issue for issue in changeset.issues) else "yes"
        return Row(root.name, f"refused: {changeset.issues[0][:90]}", exemplar, imports=imports)
    return _check(root, changeset, exemplar, time.monotonic() - begun, kin)


def _choose_target(project: Project, exemplar: str) -> str:
    """A model with one key to refer to: the one that most others refer to."""
    tables = Counter(
        column.foreign_key.rpartition(".")[0] for model in project.models.values() for column in model.columns
    )
    single = [
        model
        for model in project.models.values()
        if sum(column.primary_key for column in model.columns) == 1 and model.name.isidentifier()
    ]
    best = max(
        single, key=lambda model: (tables[model.table] if model.table else 0, model.name == exemplar), default=None
    )
    return best.name if best else exemplar


def _check(root: Path, changeset: ChangeSet, exemplar: str, seconds: float, kin: tuple[str, ...]) -> Row:
    texts = {change.path: (change.after or b"").decode() for change in changeset.changes}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, symlinks=True)
        before = _lint(copy, [path for path in texts if (root / path).exists()])
        habits = before | _lint(copy, list(kin))
        for path, text in texts.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text, encoding="utf-8", newline="")
        after = _lint(copy, list(texts))
        formatted = _is_formatted(root, copy, texts)
    return Row(
        root.name,
        "added",
        exemplar,
        str(len(texts)),
        _yes(all(map(_parses, texts.values()))),
        "yes",
        _tell_lint(before, after, habits),
        _yes(formatted) if _is_configured(root, list(texts)) else "-",
        _yes(all(_only_adds(root / path, text) for path, text in texts.items())),
        f"{seconds:.1f}",
    )


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _tell_lint(before: Counter[str], after: Counter[str], habits: Counter[str]) -> str:
    """Yes where nothing was added; else whether it is all of kinds that the exemplar's files have, too."""
    if after.total() <= before.total():
        return "yes"
    strange = sum(count - before[code] for code, count in after.items() if code not in habits)
    return f"{strange} of a new kind" if strange else "as its kin"


def _lint(root: Path, paths: list[str]) -> Counter[str]:
    """How often the project's own ruff configuration finds each kind of fault in these files."""
    if not paths:
        return Counter()
    options = [] if _is_configured(root, paths) else ["--isolated", "--select", "E9,F"]
    command = [find_ruff(), "check", "--no-cache", "--force-exclude", "--output-format", "concise", "--quiet"]
    command += [*options, *paths]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    found = (re.match(r".*?:\d+:\d+: (\S+)", line) for line in done.stdout.splitlines())
    return Counter(line[1] for line in found if line)


def _is_formatted(root: Path, copy: Path, texts: dict[str, str]) -> bool:
    """Whether the formatter leaves what is new, and what it left before."""
    clean = [path for path in texts if not (root / path).exists() or not _reformats(root, path)]
    return not any(_reformats(copy, path) for path in clean)


def _reformats(root: Path, path: str) -> bool:
    command = [find_ruff(), "format", "--no-cache", "--check", "--force-exclude", "--quiet", path]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 1


def _only_adds(path: Path, text: str) -> bool:
    """Whether an edit takes no line away but those that name what is imported or listed together."""
    if not path.exists():
        return True
    lines = difflib.ndiff(path.read_text(encoding="utf-8").splitlines(), text.splitlines())
    there = set(text.splitlines())
    gone = [line[2:] for line in lines if line.startswith("- ") and f"{line[2:]}," not in there]
    return all("import" in line or "," in line or line.rstrip().endswith(("[", "]", "(", ")")) for line in gone)


def _is_configured(root: Path, paths: list[str]) -> bool:
    """Whether the project says how ruff is to treat its code."""
    return any(Polish(root, (), ()).tool(path) == "ruff" for path in paths)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    sys.exit(main())
