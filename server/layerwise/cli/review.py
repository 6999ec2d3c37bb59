"""`layerwise review`: find, fix, and tell the tools that show findings."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from layerwise.cli.input import read_input
from layerwise.cli.start import open_jobs
from layerwise.cli.terminal import print_answer
from layerwise.errors import InvalidInputError

if TYPE_CHECKING:
    from layerwise.jobs import Answer

CLEAN, FOUND, FAILED = 0, 1, 2
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")


def review(parsed: argparse.Namespace) -> int:
    """Review what the command line names; returns 0 for clean, 1 for findings, 2 for what could not be reviewed."""
    jobs = open_jobs(parsed.root)
    piped = read_input() if parsed.paths == ["-"] else ""
    is_diff = piped.lstrip().startswith(("diff --git", "--- ", "Index: "))
    form = "json" if parsed.json else parsed.format
    look = partial(
        jobs.review,
        code="" if is_diff else piped,
        diff=piped if is_diff else "",
        paths=[] if piped else parsed.paths,
        since=parsed.since or parsed.diff or "",
        forked=bool(parsed.since),
        select=_split(parsed.select),
        ignore=_split(parsed.ignore),
        profile=parsed.profile,
        baseline=parsed.baseline or "",
        form=form,
    )
    if not parsed.fix:
        if parsed.unsafe_fixes or parsed.preview:
            raise InvalidInputError("--unsafe-fixes and --preview say how to fix; add --fix.")
        return _tell(look(), form)
    fixed = look(fix="all" if parsed.unsafe_fixes else "safe")
    changes = fixed.data["changes"]
    if changes is None or parsed.preview:
        return _tell(fixed, form)
    jobs.apply(changes["id"])
    left = look()
    left.data["changes"] = {**changes, "applied": True}
    _tell_fixes(changes, parsed.root, form)
    return _tell(left, form)


def _split(names: list[str]) -> list[str]:
    return [name for each in names for name in each.split(",") if name]


def _tell(answer: "Answer", form: str) -> int:
    print_answer(answer.data, answer.text, as_json=form == "json")
    if answer.data["findings"]:
        return FOUND
    return FAILED if answer.data["errors"] else CLEAN


def _tell_fixes(changes: dict[str, object], root: str, form: str) -> None:
    """Say what was fixed, before what is left, where the form has room for it."""
    if form != "text":
        return
    back = f" --root {root}" if root else ""
    notices = changes["notices"] if isinstance(changes["notices"], list) else []
    lines = [f"Fixed: {notice}" for notice in notices]
    text = "\n".join([str(changes["diff"]), *lines, f"Take it back with: layerwise undo{back}", ""])
    print_answer(changes, text, as_json=False)
