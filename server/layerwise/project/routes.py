"""Routes of a project with their full paths through routers, mounts and functions that build applications."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from layerwise.project.annotations import Annotations
from layerwise.project.expressions import (
    argument,
    callee_name,
    dotted_name,
    keyword,
    parse_call,
    parse_expression,
    text_literal,
    unparse,
)
from layerwise.project.facts import Class, Function, Wiring
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.resolution import Index, Place

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
_ROUTE_NAMES = METHODS | {"api_route", "websocket", "route"}
_ROUTER_CLASSES = ("APIRouter", "FastAPI", "Router")
_MOST_PATHS = 8
_MOST_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Router:
    """A router or application: its own prefix, and the dependencies that hold for all its routes."""

    symbol: Symbol
    prefix: str
    is_app: bool
    dependencies: tuple[Symbol, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Include:
    """A router included in, or an application mounted on, another."""

    parent: Symbol
    child: Symbol
    prefix: str
    dependencies: tuple[Symbol, ...]
    place: Place
    conditional: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A path operation. `paths` are its full paths, one for each way to it; `path` is what the decorator says.

    `response_model`, `returns` and `status` are source text, empty when not given. `dependencies` are the factories
    that the decorator and the parameters name, `guards` those of the routers on the way.
    """

    methods: tuple[str, ...]
    path: str
    paths: tuple[str, ...]
    router: Symbol
    function: Symbol
    response_model: str
    returns: str
    status: str
    dependencies: tuple[Symbol, ...]
    guards: tuple[Symbol, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Api:
    """All that serves HTTP: routers, how they are put together, and routes in the order of files and lines."""

    routers: Mapping[Symbol, Router]
    includes: tuple[Include, ...]
    routes: tuple[Route, ...]


def find_api(index: Index, annotations: Annotations) -> Api:
    """The routers, includes and routes of a project."""
    return _ApiReader(index, annotations).read()


class _ApiReader:
    """Reads routers first, then how they are put together, then the routes."""

    def __init__(self, index: Index, annotations: Annotations) -> None:
        self.index = index
        self.annotations = annotations
        self.routers: dict[Symbol, Router] = {}
        self.includes: list[Include] = []
        self.classes = (*_ROUTER_CLASSES, *_own_router_classes(index))

    def read(self) -> Api:
        for module in self.index.modules.values():
            self.find_routers(module)
        for module in self.index.modules.values():
            for wiring in module.outline.wirings:
                self.includes += self.read_include(module, wiring)
        parents: dict[Symbol, list[Include]] = defaultdict(list)
        for include in self.includes:
            parents[include.child].append(include)
        routes = [route for module in self.index.modules.values() for route in self.find_routes(module, parents)]
        return Api(self.routers, tuple(self.includes), tuple(routes))

    def find_routers(self, module: Module) -> None:
        for variable in module.outline.assignments:
            if call := self.router_call(variable.value):
                self.add_router(module, variable.name, call, variable.line)
        for function in module.outline.functions:
            body = module.bodies.get(function.qualname) if _mentions_router(module, function) else None
            for binding in body.bindings if body else ():
                chain = binding.source
                if binding.kind == "value" and chain.endswith("()") and self.is_router_name(chain[:-2]):
                    texts = [each.text for each in module.outline.wirings if each.line >= binding.line]
                    call = next((found for text in texts if (found := self.router_call(text))), None)
                    self.add_router(module, f"{function.qualname}.{binding.name}", call, binding.line)

    def add_router(self, module: Module, name: str, call: ast.Call | None, line: int) -> None:
        prefix = self.text_of(module, keyword(call, "prefix")) if call else ""
        symbol = module.symbol(name)
        self.routers[symbol] = Router(
            symbol=symbol,
            prefix=prefix,
            is_app=callee_name(call) == "FastAPI",
            dependencies=self.depends(module, keyword(call, "dependencies") if call else None),
            place=Place(module.path, line),
        )

    def router_call(self, text: str) -> ast.Call | None:
        """The call that makes a router, when `text` is one."""
        call = parse_call(text)
        return call if call is not None and self.is_router_name(dotted_name(call.func)) else None

    def is_router_name(self, name: str) -> bool:
        return name.rpartition(".")[2].endswith(self.classes)

    def receiver(self, module: Module, scope: str, name: str) -> Symbol:
        """The router that a name means inside `scope`: one that the functions around make, else the module's."""
        while scope:
            symbol = module.symbol(f"{scope}.{name}")
            if symbol in self.routers:
                return symbol
            scope = scope.rpartition(".")[0]
        return self.index.resolve(module.path, name)

    def read_include(self, module: Module, wiring: Wiring) -> Iterator[Include]:
        call = parse_call(wiring.text)
        if (
            call is None
            or not isinstance(call.func, ast.Attribute)
            or call.func.attr not in ("include_router", "mount")
        ):
            return
        mounted = call.func.attr == "mount"
        parent_name = dotted_name(call.func.value)
        parent = self.receiver(module, wiring.scope, parent_name)
        given = argument(call, 1, "app") if mounted else argument(call, 0, "router")
        prefix_node = argument(call, 0, "path") if mounted else keyword(call, "prefix")
        if given is None or not parent_name:
            return
        for child in self.children(module, wiring, given):
            if child not in self.routers:
                continue
            yield Include(
                parent=parent,
                child=child,
                prefix=self.text_of(module, prefix_node),
                dependencies=self.depends(module, keyword(call, "dependencies")),
                place=Place(module.path, wiring.line),
                conditional=wiring.conditional,
            )

    def children(self, module: Module, wiring: Wiring, given: ast.expr) -> Iterator[Symbol]:
        """The routers that an include names: one, those that a loop runs over, or those that a function makes."""
        name = dotted_name(given)
        if wiring.loop_target and name.partition(".")[0] == wiring.loop_target:
            rest = name.partition(".")[2]
            for item in self.loop_items(module, wiring.loop_items):
                base = dotted_name(item)
                yield self.receiver(module, wiring.scope, f"{base}.{rest}" if rest else base)
        elif name:
            yield self.receiver(module, wiring.scope, name)
        elif isinstance(given, ast.Call) and dotted_name(given.func):
            made_by = self.index.resolve(module.path, dotted_name(given.func))
            yield from (symbol for symbol in self.routers if symbol.startswith(f"{made_by}."))

    def loop_items(self, module: Module, text: str) -> list[ast.expr]:
        node = parse_expression(text)
        if name := dotted_name(node):
            symbol = self.index.resolve(module.path, name)
            home = self.index.module_of(symbol)
            variable = home.variables.get(symbol.partition(JOINT)[2]) if home else None
            node = parse_expression(variable.value) if variable else None
        return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else []

    def find_routes(self, module: Module, parents: Mapping[Symbol, list[Include]]) -> Iterator[Route]:
        for function in module.outline.functions:
            for text in function.decorators:
                call = parse_call(text)
                if call is not None and isinstance(call.func, ast.Attribute) and call.func.attr in _ROUTE_NAMES:
                    router = self.receiver(module, function.owner, dotted_name(call.func.value))
                    if self.is_router(router, call):
                        yield self.route(module, function, call, router, parents)
        for wiring in module.outline.wirings:
            call = parse_call(wiring.text)
            if call is not None and callee_name(call) == "add_api_route" and isinstance(call.func, ast.Attribute):
                handler = self.index.resolve(module.path, dotted_name(argument(call, 1, "endpoint")))
                home, handled = self.index.module_of(handler), self.index.function(handler)
                if home and handled:
                    router = self.receiver(module, wiring.scope, dotted_name(call.func.value))
                    yield self.route(home, handled, call, router, parents)

    def is_router(self, symbol: Symbol, call: ast.Call) -> bool:
        """Whether a decorator's receiver is a router; one from outside must be called so and take a path."""
        if symbol in self.routers:
            return True
        last = symbol.rpartition(JOINT)[2].rpartition(".")[2].lower()
        path = text_literal(argument(call, 0, "path"))
        return last.endswith(("router", "app", "api")) and (path == "" or path.startswith("/"))

    def route(
        self,
        module: Module,
        function: Function,
        call: ast.Call,
        router: Symbol,
        parents: Mapping[Symbol, list[Include]],
    ) -> Route:
        path = self.text_of(module, argument(call, 0, "path"))
        ways = list(self.ways(router, parents, _MOST_DEPTH))[:_MOST_PATHS]
        injections = (self.annotations.injection(module, parameter) for parameter in function.parameters)
        injected = tuple(found.factory for found in injections if found)
        return Route(
            methods=_methods(call),
            path=path,
            paths=tuple(dict.fromkeys(prefix + path or "/" for prefix, _ in ways)),
            router=router,
            function=module.symbol(function.qualname),
            response_model=unparse(keyword(call, "response_model")),
            returns=function.returns,
            status=unparse(keyword(call, "status_code")),
            dependencies=(*self.depends(module, keyword(call, "dependencies")), *injected),
            guards=tuple(dict.fromkeys(guard for _, guards in ways for guard in guards)),
            place=Place(module.path, function.line),
        )

    def ways(
        self, router: Symbol, parents: Mapping[Symbol, list[Include]], depth: int
    ) -> Iterator[tuple[str, tuple[Symbol, ...]]]:
        """The prefixes that lead to a router's routes, each with the dependencies on the way."""
        own = self.routers.get(router)
        prefix, guards = (own.prefix, own.dependencies) if own else ("", ())
        includes = parents.get(router, []) if depth > 0 else []
        if not includes:
            yield prefix, guards
        for include in includes:
            for before, above in self.ways(include.parent, parents, depth - 1):
                yield before + include.prefix + prefix, (*above, *include.dependencies, *guards)

    def depends(self, module: Module, node: ast.expr | None) -> tuple[Symbol, ...]:
        """The factories in `[Depends(a), Depends(b)]`, and in a name for such a list."""
        items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        calls = [item for item in items if isinstance(item, ast.Call)]
        given = (argument(call, 0, "dependency") for call in calls)
        names = (dotted_name(each.func if isinstance(each, ast.Call) else each) for each in given)
        return tuple(self.index.resolve(module.path, name) for name in names if name)

    def text_of(self, module: Module, node: ast.expr | None) -> str:
        """The value of a string as far as constants tell; what is computed stands in braces."""
        if node is None:
            return ""
        if isinstance(node, ast.Constant):
            return text_literal(node)
        if isinstance(node, ast.JoinedStr):
            return "".join(
                self.text_of(module, part.value if isinstance(part, ast.FormattedValue) else part)
                for part in node.values
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.text_of(module, node.left) + self.text_of(module, node.right)
        return self.constant(module, dotted_name(node)) or f"{{{unparse(node)}}}"

    def constant(self, module: Module, name: str) -> str:
        """The text that a constant holds: a module's variable, or a field of a settings object or enum."""
        symbol = self.index.resolve(module.path, name) if name else ""
        home = self.index.module_of(symbol)
        if home is None:
            return ""
        head, _, field = symbol.partition(JOINT)[2].partition(".")
        variable = home.variables.get(head)
        if not field:
            return text_literal(parse_expression(variable.value)) if variable else ""
        klass = self.index.klass(home.symbol(head))
        if klass is None and variable is not None and (made := callee_name(parse_expression(variable.value))):
            klass = self.index.klass(self.index.resolve(home.path, made)) or _settings_class(self.index, home, made)
        values = {item.name: item.value for item in klass.fields} if klass else {}
        node = parse_expression(values.get(field, ""))
        if isinstance(node, ast.Call):
            node = argument(node, 0, "default")
        return text_literal(node)


def _settings_class(index: Index, module: Module, factory: str) -> Class | None:
    """The class that `settings = get_settings()` holds an instance of."""
    function = index.function(index.resolve(module.path, factory))
    home = index.module_of(index.resolve(module.path, factory))
    return (
        index.klass(index.resolve(home.path, dotted_name(parse_expression(function.returns))))
        if home and function
        else None
    )


def _own_router_classes(index: Index) -> Iterator[str]:
    """The project's classes that derive from a router or an application under a name that does not say so."""
    for module in index.modules.values():
        for klass in module.outline.classes:
            if any(base.rpartition(".")[2] in _ROUTER_CLASSES for base in klass.bases):
                yield klass.name


def _mentions_router(module: Module, function: Function) -> bool:
    return any(wiring.scope == function.qualname for wiring in module.outline.wirings)


def _methods(call: ast.Call) -> tuple[str, ...]:
    name = callee_name(call)
    if name in METHODS:
        return (name.upper(),)
    if name == "websocket":
        return ("WEBSOCKET",)
    given = keyword(call, "methods")
    texts = [text_literal(item) for item in given.elts] if isinstance(given, ast.List | ast.Tuple | ast.Set) else []
    return tuple(text.upper() for text in texts if text) or ("GET",)
