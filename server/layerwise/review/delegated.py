"""Delegated checks: what ruff finds well is asked of ruff, where it is installed, and told under our names."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layerwise.errors import LayerwiseError
from layerwise.review.finding import Edit, Finding, Fix, Severity, Span
from layerwise.review.review import ReviewError
from layerwise.review.source import Source

MISSING = "delegated to ruff, which is not installed: pip install ruff"
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Check:
    """A check of ruff's under the name that findings and suppressions give it."""

    code: str
    name: str
    severity: Severity
    why: str

    @property
    def is_security(self) -> bool:
        """Whether ruff counts it among its security checks."""
        return self.code.startswith("S")


CHECKS = (
    Check("B006", "mutable-default-argument", "error", "All calls share the one default, and what one of them adds."),
    Check("B012", "jump-in-finally", "error", "A return or break in finally swallows the exception that is under way."),
    Check("B023", "loop-variable-in-closure", "warning", "The function sees the last value of the loop, not its own."),
    Check("B904", "raise-without-from", "warning", "The cause is told as a second fault in handling the first."),
    Check("ASYNC100", "timeout-without-await", "warning", "A timeout around nothing that awaits never fires."),
    Check("ASYNC109", "timeout-parameter", "info", "The caller's own timeout block says the same, and composes."),
    Check("ASYNC110", "sleep-in-polling-loop", "warning", "Polling wastes time; an event says when it has happened."),
    Check("DTZ005", "naive-now", "warning", "A time without a zone cannot be compared with one that has it."),
    Check("DTZ006", "naive-fromtimestamp", "warning", "The time is the server's local one, wherever it runs."),
    Check("PLE0704", "bare-raise-outside-except", "error", "There is no exception to raise again."),
    Check("S113", "request-without-timeout", "warning", "A server that never answers holds the caller for ever."),
    Check("S301", "unpickled-data", "warning", "Loading a pickle runs what its author put in."),
    Check("S307", "eval-call", "error", "Evaluating text runs whatever is in it."),
    Check("S501", "unverified-certificate", "error", "Whoever is in between can read and change everything."),
    Check("S506", "unsafe-yaml-load", "error", "Loading YAML so can build any object."),
    Check("S602", "shell-command-from-text", "error", "Whoever chooses a part of the text chooses the command."),
    Check("S701", "unescaped-templates", "error", "What users wrote is sent to other users as markup."),
)


def find_checks(keys: Iterable[str]) -> tuple[Check, ...]:
    """The checks that codes, names or the word `ruff` stand for; other keys are left to the registry of rules."""
    wanted = {key.strip().casefold() for key in keys}
    return tuple(check for check in CHECKS if wanted & {check.code.casefold(), check.name, "ruff"})


def choose_checks(profile: str, select: Iterable[str], ignore: Iterable[str]) -> tuple[Check, ...]:
    """The checks to run: those selected, else in the strict profile all, in the security profile those of security."""
    selected, ignored = tuple(select), find_checks(ignore)
    if selected:
        chosen = find_checks(selected)
    else:
        chosen = tuple(each for each in CHECKS if profile == "strict" or (profile == "security" and each.is_security))
    return tuple(check for check in chosen if check not in ignored)


def locate_ruff() -> str | None:
    """The path of ruff: beside the running Python, else on the PATH; None when it is not installed."""
    return shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")


def run_checks(
    ruff: str, checks: Iterable[Check], texts: Mapping[str, str]
) -> tuple[dict[str, list[Finding]], list[ReviewError]]:
    """What one process of ruff finds in the texts, by path, without fingerprints; or why it could not be asked."""
    by_code = {check.code: check for check in checks}
    try:
        rows = _ask(ruff, by_code, texts)
    except LayerwiseError as error:
        return {}, [ReviewError("", str(error), "ruff")]
    found: dict[str, list[Finding]] = {}
    for path, row in rows:
        if check := by_code.get(row.get("code") or ""):
            found.setdefault(path, []).append(_to_finding(check, Source(path, texts[path]), row))
    return found, []


def _ask(ruff: str, codes: Iterable[str], texts: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Ruff's own rows with the path of the text that each is about. The project's settings for ruff play no part."""
    version = f"py3{sys.version_info.minor}"
    options = ["--isolated", "--no-cache", "--ignore-noqa", "--preview", "--exit-zero", "--target-version", version]
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number, (path, text) in enumerate(texts.items()):
            place = Path(folder, f"{number}.py")
            place.write_bytes(text.encode("utf-8", "surrogatepass"))
            paths[place.name] = path
        command = [ruff, "check", *options, "--output-format", "json", "--select", ",".join(codes), folder]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
            rows = json.loads(done.stdout)
            return [(paths[Path(row["filename"]).name], row) for row in rows]
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            raise LayerwiseError(f"ruff could not be asked, its checks are missing here: {error}") from error


def _to_finding(check: Check, source: Source, row: Mapping[str, Any]) -> Finding:
    start, end = row["location"], row["end_location"]
    return Finding(
        code=check.code,
        name=check.name,
        severity=check.severity,
        confidence="high",
        path=source.path,
        span=Span(start["row"], start["column"], end["row"], end["column"]),
        message=f"{row['message'].rstrip('.')} (ruff {check.code}).",
        why=check.why,
        fix=_read_fix(source, row["fix"]) if row.get("fix") else None,
    )


def _read_fix(source: Source, fix: Mapping[str, Any]) -> Fix | None:
    """Ruff's fix as edits; None for one that ruff only shows and would not make itself."""
    if fix["applicability"] not in ("safe", "unsafe"):
        return None
    edits = tuple(
        Edit(source.path, _locate(source, edit["location"]), _locate(source, edit["end_location"]), edit["content"])
        for edit in fix["edits"]
    )
    return Fix(edits, safe=fix["applicability"] == "safe", reason=f"Ruff's own fix: {fix['message'].rstrip('.')}.")


def _locate(source: Source, place: Mapping[str, int]) -> int:
    return source.offset(place["row"], place["column"] - 1)
