"""The engine: one parse, one walk, all file rules; findings in the user's own names."""

import ast
import gc
import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter

from layerwise.project.layers import LayerMap
from layerwise.review.choice import choose_rules
from layerwise.review.context import Context
from layerwise.review.finding import Finding, Span
from layerwise.review.habits import sum_up
from layerwise.review.parsing import MAX_CHARACTERS, Parsed, parse
from layerwise.review.review import FileReview, ReviewError
from layerwise.review.rule import Problem, Rule
from layerwise.review.source import Source
from layerwise.review.suppression import find_suppressions, settle, suppressible

SNIPPET_PATH = "snippet.py"


def review_text(
    text: str,
    path: str = SNIPPET_PATH,
    *,
    rules: Sequence[Rule] | None = None,
    confidences: Iterable[str] = ("high", "medium"),
    layer_map: LayerMap | None = None,
) -> FileReview:
    """Review one text with the file rules (those of the default profile unless given).

    `path` decides the layer and is what findings and edits name. Never raises for what the text holds: what cannot be
    reviewed is in `errors`.
    """
    chosen = choose_rules()[0] if rules is None else rules
    with collection_paused():
        found, _ = inspect_text(text, path, rules=chosen, confidences=confidences, layer_map=layer_map)
    known = suppressible(rule for rule in chosen if rule.scope == "file")
    kept, allowed = settle(path, found.findings, found.suppressions, known)
    return replace(found, findings=tuple(kept), suppressed=tuple(allowed))


def inspect_text(
    text: str,
    path: str,
    *,
    rules: Sequence[Rule],
    confidences: Iterable[str] = ("high", "medium"),
    layer_map: LayerMap | None = None,
) -> tuple[FileReview, ast.Module | None]:
    """The review of one text, not yet settled, with the tree that was reviewed; None when nothing was."""
    if refusal := refuse(text):
        return FileReview(path, errors=(ReviewError(path, refusal),)), None
    return _inspect(Source(path, text), rules, confidences, layer_map)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Trees are many objects without cycles: looking for cycles among them costs a fifth of the time.

    It must last until the trees are gone, or the search is only put off.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _inspect(
    source: Source, chosen: Sequence[Rule], confidences: Iterable[str], layer_map: LayerMap | None
) -> tuple[FileReview, ast.Module]:
    path = source.path
    parsed = parse(source)
    context = Context(source, parsed.root, layer_map)
    found, errors = _run_rules(context, chosen)
    wanted = frozenset(confidences)
    findings = [finding for finding in found if finding.confidence in wanted]
    findings = stamp_fingerprints(source, context, findings)
    if parsed.problem is not None:
        findings.insert(0, _syntax_finding(source, parsed))
    reviewed = FileReview(
        path,
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        suppressions=tuple(find_suppressions(source, context.tree)),
        errors=tuple(errors),
        notices=tuple(f"{path}: {notice}" for notice in _notices(parsed)),
        packages=_required_packages(tuple(chosen)) & context.names.modules,
        lines=len(source.lines),
    )
    return reviewed, parsed.root


@lru_cache(maxsize=8)
def _required_packages(rules: tuple[Rule, ...]) -> frozenset[str]:
    return frozenset(package for rule in rules for package in rule.requires)


def refuse(text: str) -> str | None:
    """Why a text cannot be reviewed at all; None when it can."""
    if "\0" in text:
        return "holds a NUL character, so it is not Python source; send text only."
    if len(text) > MAX_CHARACTERS:
        return f"has {len(text):,} characters; at most {MAX_CHARACTERS:,} are reviewed. Send the part that changed."
    return None


def to_finding(rule: Rule, problem: Problem, source: Source) -> Finding:
    """The finding that `problem` is in `source`, without its fingerprint."""
    where = problem.where
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        confidence=problem.confidence or rule.confidence,
        path=problem.path or source.path,
        span=where if isinstance(where, Span) else source.span(where),
        message=problem.message,
        why=rule.why,
        statements=rule.statements,
        trace=problem.trace,
        fix=problem.fix,
    )


def stamp_fingerprints(source: Source, context: Context | None, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with fingerprints of rule, path, enclosing names, the code and its ordinal among equals."""
    seen: dict[str, int] = {}
    stamped = []
    for finding in sorted(findings, key=lambda each: (each.span.line, each.span.column, each.code)):
        line = " ".join(source.lines[finding.span.line - 1].split()) if finding.span.line <= len(source.lines) else ""
        scope = _scope_at(context, finding.span.line) if context else ""
        key = "\n".join((finding.code, finding.path, scope, line))
        seen[key] = seen.get(key, 0) + 1
        digest = hashlib.blake2b(f"{key}\n{seen[key]}".encode(), digest_size=8).hexdigest()
        stamped.append(replace(finding, fingerprint=digest))
    return stamped


def _scope_at(context: Context, line: int) -> str:
    names: list[str] = []
    body: Sequence[ast.stmt] = context.tree.root.body
    while True:
        place = bisect_right(body, line, key=attrgetter("lineno")) - 1
        holder = body[place] if place >= 0 else None
        if not isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return ".".join(names)
        if line > (holder.end_lineno or holder.lineno):
            return ".".join(names)
        names.append(holder.name)
        body = holder.body


def _run_rules(context: Context, rules: Sequence[Rule]) -> tuple[list[Finding], list[ReviewError]]:
    found: list[Finding] = []
    errors: list[ReviewError] = []
    for rule in rules:
        if rule.subjects.isdisjoint(context.subjects) or not context.names.modules.issuperset(rule.requires):
            continue
        try:
            problems = _problems(rule, context)
            if rule.habit:
                problems = sum_up(problems, context.source)
            found.extend(to_finding(rule, problem, context.source) for problem in problems)
        except Exception as error:  # a rule that fails must not take the others with it
            detail = f"rule {rule.name} failed: {type(error).__name__}: {error}. Its other findings here are missing."
            errors.append(ReviewError(context.path, detail, rule.name))
    return found, errors


def _problems(rule: Rule, context: Context) -> Iterator[Problem]:
    for names, check_call in rule.call_checks:
        for call in context.calls(*names):
            yield from check_call(context, call)
    for kind, check_node in rule.node_checks:
        for node in context.tree.of(kind):
            yield from check_node(context, node)
    for check_route in rule.route_checks:
        for route in context.routes:
            yield from check_route(context, route)
    for check_module in rule.module_checks:
        yield from check_module(context)


def _notices(parsed: Parsed) -> list[str]:
    notices = list(parsed.notices)
    if parsed.unseen:
        first, last = parsed.unseen[0], parsed.unseen[-1]
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        notices.append(f"{len(parsed.unseen)} lines not reviewed because of the syntax error ({where})")
    return notices


def _syntax_finding(source: Source, parsed: Parsed) -> Finding:
    assert parsed.problem is not None
    return Finding(
        code="SYN001",
        name="syntax-error",
        severity="error",
        confidence="high",
        path=source.path,
        span=parsed.problem.span,
        message=f"Syntax error: {parsed.problem.message}.",
        why="The file cannot be imported; what could be parsed was reviewed all the same.",
        fingerprint=hashlib.blake2b(f"SYN001\n{source.path}".encode(), digest_size=8).hexdigest(),
    )
