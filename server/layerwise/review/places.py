"""Places that project rules report: spans of calls, steps of traces, edits by line and column."""

from functools import lru_cache

from layerwise.project.facts import Call
from layerwise.project.module import JOINT, Symbol
from layerwise.project.resolution import Index
from layerwise.review.context import Context
from layerwise.review.finding import Span, Step
from layerwise.review.parsing import parse
from layerwise.review.source import Source


def span_of(call: Call) -> Span:
    """Where a call of the facts stands."""
    return Span(call.line, call.column + 1, call.end_line, call.end_column + 1)


def line_span(source: Source | None, line: int) -> Span:
    """What is written on a line, for what has no narrower place."""
    text = source.lines[line - 1] if source is not None and line <= len(source.lines) else "x"
    return Span(line, len(text) - len(text.lstrip()) + 1, line, len(text.rstrip()) + 1)


def step_to(index: Index, symbol: Symbol, text: str) -> tuple[Step, ...]:
    """A step of a trace to where a symbol is defined; empty when that is outside the project."""
    place = index.place(symbol)
    return (Step(place.path, place.line, text),) if place else ()


def short_name(symbol: Symbol) -> str:
    """A symbol as messages name it: `UserService.create`, `requests.get`."""
    return symbol.rpartition(JOINT)[2]


def open_context(source: Source) -> Context:
    """The context of one file, for a project rule that edits it."""
    return _open_context(source.path, source.text)


@lru_cache(maxsize=8)
def _open_context(path: str, text: str) -> Context:
    source = Source(path, text)
    return Context(source, parse(source).root)
