"""Team: a project's own rules. They are code, so they run only where the project's user has asked for it."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from traceback import extract_tb
from types import ModuleType
from typing import get_args

from layerwise.errors import InvalidInputError, shorten
from layerwise.review.delegated import CHECKS
from layerwise.review.finding import Confidence, Severity
from layerwise.review.registry import load_rules
from layerwise.review.rule import Case, Profile, Rule, Scope
from layerwise.review.rule_files import RuleFile, hash_rule_files

WITHHELD = "team rule, not loaded: only the layerwise command runs a project's code, or a server with --team-rules"
_SECTIONS = ("Why is this bad?", "Example", "Use instead", "When to ignore")
# What the review itself reports, which is no rule.
_OWN = {"SYN001": "syntax-error", "SUP001": "unused-suppression"}


@dataclass(frozen=True, slots=True)
class Team:
    """The rule files of a project, and whether they may be run."""

    files: tuple[RuleFile, ...] = ()
    may_run: bool = False

    @property
    def key(self) -> str:
        """A digest of all that decides which rules these are."""
        return f"{self.may_run} {hash_rule_files(self.files)}"

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, ordered by code; none where they may not be run. Raises what `load_team` raises."""
        return load_team(self.files) if self.may_run else ()

    @property
    def withheld(self) -> tuple[RuleFile, ...]:
        """The files that may not be run."""
        return () if self.may_run else self.files


@lru_cache(maxsize=8)
def load_team(files: tuple[RuleFile, ...]) -> tuple[Rule, ...]:
    """Run the files and give their rules, ordered by code.

    Raises InvalidInputError that names the file which does not import, whose rule has a wrong form, or whose code or
    name is taken.
    """
    taken = dict(_list_taken())
    package = f"layerwise_team_{hash_rule_files(files)}"
    found = []
    for file in files:
        rule = _load(file, f"{package}.{file.family}.{file.stem}")
        for key in (rule.code, rule.name):
            if key in taken:
                raise InvalidInputError(
                    f"{file.path}: {key} is taken by {taken[key]}. Give the rule a code and a file name of its own."
                )
            taken[key] = file.path
        found.append(rule)
    return tuple(sorted(found, key=lambda rule: rule.code))


def _list_taken() -> Iterator[tuple[str, str]]:
    for rule in load_rules():
        yield from ((key, f"the shipped rule {rule.code} {rule.name}") for key in (rule.code, rule.name))
    for check in CHECKS:
        yield from (
            (key, f"a check that is asked of ruff, {check.code} {check.name}") for key in (check.code, check.name)
        )
    for code, name in _OWN.items():
        yield from ((key, f"{code} {name}, which the review reports itself") for key in (code, name))


def _load(file: RuleFile, name: str) -> Rule:
    # A folder named by mistake holds other code, which must not run.
    if b"RULE" not in file.content:
        raise InvalidInputError(f"{file.path} defines no RULE; a file of a rules folder holds one rule.")
    module = ModuleType(name)
    module.__file__ = file.path
    # Dataclasses look their module up while they are made.
    sys.modules[name] = module
    try:
        exec(compile(file.content, file.path, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InvalidInputError(
            f"{file.path} does not import, line {_line_of(error, file)}: {type(error).__name__}: "
            f"{shorten(str(error), 300)}. A rule file may import layerwise and what is installed beside it; mend it."
        ) from error
    rule = getattr(module, "RULE", None)
    if not isinstance(rule, Rule):
        raise InvalidInputError(f"{file.path}: RULE must be a layerwise.review.rule.Rule, not {type(rule).__name__}.")
    if fault := next(_faults_of(rule, name), None):
        raise InvalidInputError(f"{file.path}: {fault}. `layerwise explain AIO001` shows the page of a whole rule.")
    return rule


def _line_of(error: BaseException, file: RuleFile) -> int | str:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == file.path]
    return lines[-1] or "?" if lines else "?"


def _faults_of(rule: Rule, module: str) -> Iterator[str]:
    """What is wrong with the form of a rule, in the order in which it is best mended."""
    if rule.module != module:
        yield "a rule begins Rule(__name__, __doc__, …), since its file names it"
    if "-" not in rule.name:
        yield f"{rule.name!r} names no bad pattern; a file's name has two words at least, such as print_in_service.py"
    if not isinstance(rule.code, str) or not re.fullmatch(r"[A-Z]{3}[0-9]{3}", rule.code):
        yield f"code must be three capital letters and three digits, such as ACM001, not {rule.code!r}"
    for attribute, allowed in _CHOICES.items():
        if (value := getattr(rule, attribute)) not in allowed:
            yield f"{attribute} must be one of {', '.join(allowed)}, not {value!r}"
    for attribute in ("statements", "requires", "evidence"):
        if not _is_tuple_of(getattr(rule, attribute), str):
            yield f"{attribute} must be a tuple of strings"
    if not all(re.fullmatch(r">=[0-9]+(\.[0-9]+)*", version) for version in rule.versions.values()):
        yield 'versions must map a package to a lowest version, such as {"sqlalchemy": ">=2.0"}'
    if not _is_tuple_of(rule.cases, *get_args(Case)):
        yield "cases must be a tuple of Bad, Good, FalseAlarm and Miss"
    if not isinstance(rule.documentation, str) or not rule.title.endswith("."):
        yield "the docstring must begin with the rule's title, a sentence"
    if missing := [heading for heading in _SECTIONS if not rule.sections.get(heading)]:
        yield f"the docstring lacks {', '.join(f'## {heading}' for heading in missing)}"
    if rule.fixable and not rule.sections.get("Fix safety"):
        yield "a case shows a fix, so the docstring needs ## Fix safety, which begins Safe or Unsafe"
    checks = (rule.node_checks, rule.call_checks, rule.route_checks, rule.module_checks)
    if not rule.project_checks and not any(checks):
        yield "it has no check; decorate one with @RULE.on_call, @RULE.on_function, @RULE.on_project or another"
    if rule.scope != ("project" if rule.project_checks else "file"):
        yield 'scope must be "project" for a rule with @RULE.on_project, and "file" for every other'


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "severity": get_args(Severity),
    "confidence": get_args(Confidence),
    "scope": get_args(Scope),
    "profile": get_args(Profile),
}


def _is_tuple_of(value: object, *kinds: type) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, kinds) for each in value)
