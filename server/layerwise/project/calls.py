"""Who calls whom: the calls of each function with what they resolve to."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerwise.project.facts import MODULE_BODY, Call, Function
from layerwise.project.inference import Inference
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.resolution import Index


@dataclass(frozen=True, slots=True)
class ResolvedCall:
    """A call with its target: a function or class of the project, or a dotted name outside it."""

    call: Call
    target: Symbol


class Calls:
    """The call graph of a project, resolved function by function when asked for."""

    def __init__(self, index: Index, types: Inference) -> None:
        self._index = index
        self._types = types
        self._found: dict[Symbol, tuple[ResolvedCall, ...]] = {}

    def functions(self) -> Iterator[tuple[Symbol, Module, Function]]:
        """Every function of the project with its symbol."""
        for module in self._index.modules.values():
            for function in module.outline.functions:
                yield module.symbol(function.qualname), module, function

    def of(self, symbol: Symbol) -> tuple[ResolvedCall, ...]:
        """The resolved calls that run when a function runs; a symbol ending in `<module>` is a module's own body."""
        if symbol not in self._found:
            self._found[symbol] = tuple(self._resolve(symbol))
        return self._found[symbol]

    def _resolve(self, symbol: Symbol) -> Iterator[ResolvedCall]:
        module = self._index.module_of(symbol)
        body = module.bodies.get(symbol.partition(JOINT)[2] or MODULE_BODY) if module else None
        for call in body.calls if body else ():
            found = self._types.chain(symbol, call.chain, call.line)
            if found is not None and found.kind in ("function", "class"):
                yield ResolvedCall(call, found.name)
