"""How well triggers fire on the hunks of public projects' histories: the tables of `triggers.py` for them.

    python tests/evals/hunks.py REPOSITORIES [--rows FILE.jsonl]

Rows: {id, repo, commit, path, line, labels, optional?}: the hunk of `commit` whose new side begins at `line` of `path`,
labelled by reading what its added lines do. REPOSITORIES holds a clone of each `owner/name` as `owner+name`, with or
without a work tree; nothing is written to it. Rows whose project is not there are left out, and counted.
"""

import argparse
import re
import subprocess
from pathlib import Path
from typing import Any

from replay import find_clone
from train_triggers import read_rows
from triggers import report, score

from layerwise.detect.engine import match

ROWS = Path(__file__).parent / "data" / "hunks.jsonl"

Row = dict[str, Any]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--rows", type=Path, default=ROWS)
    options = parser.parse_args()
    rows = read_rows(options.rows)
    found = [row | {"diff": diff} for row in rows if (diff := read_hunk(options.repositories, row))]
    projects = len({row["repo"] for row in found})
    print(
        f"{len(found)} hunks of {projects} projects, {len(rows) - len(found)} not found\n{report(score(found, match))}"
    )


def read_hunk(repositories: Path, row: Row) -> str:
    """The row's hunk as a diff that names its file; empty when the clone or the hunk is not there."""
    command = ["git", "show", "--format=", "-U3", row["commit"], "--", row["path"]]
    clone = find_clone(repositories, row["repo"])
    if not clone.is_dir():
        return ""
    shown = subprocess.run(command, cwd=clone, capture_output=True, check=False).stdout.decode("utf-8", "replace")
    hunks = re.split(r"(?m)^(?=@@ )", shown)[1:]
    start = re.compile(rf"@@ -\S+ \+{row['line']}[, ]")
    hunk = next((hunk for hunk in hunks if start.match(hunk)), "")
    return hunk and f"--- a/{row['path']}\n+++ b/{row['path']}\n{hunk}"


if __name__ == "__main__":
    main()
