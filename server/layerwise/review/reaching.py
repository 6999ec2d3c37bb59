"""Reaching: which plain functions come to do a thing, themselves or through others that they call."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.project.calls import ResolvedCall
from layerwise.project.index import Project
from layerwise.project.module import JOINT, Symbol
from layerwise.review.finding import Step
from layerwise.review.places import short_name


@dataclass(frozen=True, slots=True)
class Reach:
    """Why a function comes to do the thing: the call in it that does, or leads on, and what is called in the end."""

    via: ResolvedCall
    sink: Symbol


def find_reaching(project: Project, direct: Mapping[Symbol, ResolvedCall]) -> Mapping[Symbol, Reach]:
    """The plain functions that call one of those in `direct`, which holds the call that does the thing, or that are
    among them; calls that are handed on to run elsewhere do not count."""
    reaching = {symbol: Reach(found, found.target) for symbol, found in direct.items()}
    callers: dict[Symbol, list[tuple[Symbol, ResolvedCall]]] = {}
    for symbol, _, function in project.calls.functions() if direct else ():
        if not function.is_async and not function.is_generator:
            for found in project.calls.of(symbol):
                if not found.call.deferred and JOINT in found.target:
                    callers.setdefault(found.target, []).append((symbol, found))
    waiting = list(direct)
    while waiting:
        callee = waiting.pop()
        for caller, found in callers.get(callee, ()):
            if caller not in reaching:
                reaching[caller] = Reach(found, reaching[callee].sink)
                waiting.append(caller)
    return reaching


def trace_reach(reaching: Mapping[Symbol, Reach], target: Symbol) -> Iterator[Step]:
    """The calls that lead from a function to what is called in the end."""
    while reach := reaching.get(target):
        callee = short_name(reach.via.target)
        yield Step(target.partition(JOINT)[0], reach.via.call.line, f"`{short_name(target)}` calls `{callee}`")
        target = reach.via.target
