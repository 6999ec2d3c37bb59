"""What expressions are, as far as names, annotations and constructors tell: a resolver that is light on types.

It follows imports, aliases, annotated parameters (`Annotated[T, Depends(f)]` too), attributes set in methods, module
singletons, constructors, return annotations and base classes. What it does not know, it says nothing about.
"""

import ast
import re
from collections.abc import Mapping, Sequence

from layerwise.project.annotations import Annotations, Type
from layerwise.project.chains import chain_of
from layerwise.project.classes import Classes
from layerwise.project.expressions import (
    callee_name,
    dotted_name,
    last_name,
    parse_expression,
)
from layerwise.project.facts import MODULE_BODY, Binding, Body, Function, Parameter
from layerwise.project.module import JOINT, Module, Symbol
from layerwise.project.resolution import Index

_STEP = re.compile(r"\.|\(\)|!|\[\]|[^.()!\[\]]+")
_TRANSPARENT = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "overload", "cache", "lru_cache", "wraps", "final"}
)
_CONTEXT_MAKERS = frozenset({"contextmanager", "asynccontextmanager"})
_PROPERTIES = frozenset({"property", "cached_property", "computed_field", "hybrid_property"})
_YIELDING = frozenset(
    {"AsyncGenerator", "AsyncIterator", "Generator", "Iterator", "AsyncIterable", "Iterable", "ContextManager"}
    | {"AbstractAsyncContextManager", "AbstractContextManager", "AsyncContextManager"}
)
_MAKERS = {
    "sessionmaker": "sqlalchemy.orm.Session",
    "async_sessionmaker": "sqlalchemy.ext.asyncio.AsyncSession",
    "scoped_session": "sqlalchemy.orm.Session",
    "async_scoped_session": "sqlalchemy.ext.asyncio.AsyncSession",
}
_MOST_DEPTH = 12


class Inference:
    """Types of names and chains in the functions of a project."""

    def __init__(self, project: Index, classes: Classes) -> None:
        self.project = project
        self.classes = classes
        self.annotations = Annotations(project)
        self._chains: dict[tuple[Symbol, str, int], Type | None] = {}
        self._attributes: dict[tuple[Symbol, str], Type | None] = {}
        self._returns: dict[Symbol, Type | None] = {}
        self._bindings: dict[Symbol, Mapping[str, Sequence[Binding]]] = {}
        self._depth = 0

    def returned(self, symbol: Symbol) -> Type | None:
        """What calling a function of the project gives: a coroutine when it is async, a context when it is one."""
        if symbol not in self._returns:
            self._returns[symbol] = None
            self._returns[symbol] = self._returned(symbol)
        return self._returns[symbol]

    def _returned(self, symbol: Symbol) -> Type | None:
        module, function = self.project.module_of(symbol), self.project.function(symbol)
        if module is None or function is None:
            return None
        value = self.result(symbol)
        names = {last_name(_called(text)) for text in function.decorators}
        if names & _CONTEXT_MAKERS:
            return Type("context", "", (value,))
        if not function.is_async or function.is_generator:
            return value
        if all(self._is_transparent(module, text) for text in function.decorators):
            return Type("coroutine", "", (value,))
        return None

    def result(self, symbol: Symbol) -> Type | None:
        """What a function of the project returns once awaited, or yields when it is a generator."""
        module, function = self.project.module_of(symbol), self.project.function(symbol)
        if module is None or function is None:
            return None
        owner = module.symbol(function.owner) if function.owner in module.classes else ""
        if not function.returns:
            return self._constructed(module, function)
        found = self.annotations.read(module.path, function.returns, owner)
        if found and found.of and (function.is_generator or found.last in _YIELDING) and found.last in _YIELDING:
            return found.of[0]
        return found

    def _constructed(self, module: Module, function: Function) -> Type | None:
        """What a function without return annotation returns, when all it returns is calls of one class."""
        body = module.bodies.get(function.qualname)
        use = "yield" if function.is_generator else "return"
        calls = [call for call in body.calls if call.use == use and not call.deferred] if body else []
        found = {self.chain(module.symbol(function.qualname), f"{call.chain}()", call.line) for call in calls}
        return found.pop() if len(found) == 1 else None

    def _is_transparent(self, module: Module, decorator: str) -> bool:
        """Whether a decorator leaves an async function async."""
        name = dotted_name(_called(decorator))
        if not name:
            return False
        symbol = self.project.resolve(module.path, name)
        own = self.project.module_of(symbol)
        if own is None:
            root = symbol.partition(".")[0]
            return name.rpartition(".")[2] in _TRANSPARENT or root in ("tenacity", "backoff") or _is_route(name)
        return _is_route(name) or _passes_through(own, symbol.partition(JOINT)[2])

    def chain(self, scope: Symbol, chain: str, line: int) -> Type | None:
        """What a chain is at `line` of the function `scope`, or of a module's body when that ends in `<module>`."""
        key = (scope, chain, line)
        if key not in self._chains:
            self._chains[key] = None
            if self._depth < _MOST_DEPTH:
                self._depth += 1
                try:
                    self._chains[key] = self._follow(scope, _STEP.findall(chain), line)
                finally:
                    self._depth -= 1
        return self._chains[key]

    def _follow(self, scope: Symbol, steps: list[str], line: int) -> Type | None:
        if not steps or not steps[0].isidentifier():
            return None
        found = self._name(scope, steps[0], line)
        for step in steps[1:]:
            if found is None:
                return None
            if step == "()":
                found = self.call(found)
            elif step == "!":
                found = found.of[0] if found.kind == "coroutine" and found.of else None
            elif step == "[]":
                found = found.of[-1] if found.kind == "instance" and found.of else None
            elif step != ".":
                found = self.member(found, step)
        return found

    def _name(self, scope: Symbol, name: str, line: int) -> Type | None:
        """What a bare name is inside a function, in the functions around it, or in its module."""
        path, _, qualname = scope.partition(JOINT)
        module = self.project.modules[path]
        while qualname and qualname != MODULE_BODY:
            function = module.functions.get(qualname)
            if function is not None and (found := self._local(module, function, name, line)):
                return found[0]
            qualname = qualname.rpartition(".")[0]
        return self._global(module, name)

    def _local(self, module: Module, function: Function, name: str, line: int) -> tuple[Type | None] | None:
        """In a tuple, what a parameter or variable of a function is; None when the function does not bind the name."""
        scope = module.symbol(function.qualname)
        bindings = self._bindings_of(scope, module.bodies.get(function.qualname)).get(name, ())
        before = [binding for binding in bindings if binding.line < line]
        if before or bindings:
            return (self._binding(module, scope, (before or bindings)[-1]),)
        if f"{function.qualname}.{name}" in module.functions:
            return (Type("function", module.symbol(f"{function.qualname}.{name}")),)
        for position, parameter in enumerate(function.parameters):
            if parameter.name == name:
                return (self._parameter(module, function, parameter, position),)
        return None

    def _bindings_of(self, scope: Symbol, body: Body | None) -> Mapping[str, Sequence[Binding]]:
        """What a function binds, by name."""
        if scope not in self._bindings:
            found: dict[str, list[Binding]] = {}
            for binding in body.bindings if body else ():
                found.setdefault(binding.name, []).append(binding)
            self._bindings[scope] = found
        return self._bindings[scope]

    def _parameter(self, module: Module, function: Function, parameter: Parameter, position: int) -> Type | None:
        if position == 0 and function.owner in module.classes and not parameter.annotation:
            names = {last_name(_called(text)) for text in function.decorators}
            if "staticmethod" in names:
                return None
            return Type("class" if "classmethod" in names else "instance", module.symbol(function.owner))
        if parameter.kind in ("args", "kwargs"):
            return None
        injection = self.annotations.injection(module, parameter)
        if injection is None:
            return self.annotations.read(module.path, parameter.annotation)
        return injection.type or self.provided(injection.factory)

    def provided(self, factory: Symbol) -> Type | None:
        """What a dependency factory provides: an instance for a class, what a function returns or yields."""
        if self.project.klass(factory):
            return Type("instance", factory)
        return self.result(factory)

    def _binding(self, module: Module, scope: Symbol, binding: Binding) -> Type | None:
        if binding.kind == "annotation":
            return self.annotations.read(module.path, binding.source)
        if binding.kind == "value":
            return self.chain(scope, binding.source, binding.line)
        if binding.kind == "enter":
            return _entered(self.chain(scope, binding.source, binding.line))
        return None

    def _global(self, module: Module, name: str) -> Type | None:
        symbol = self.project.resolve(module.path, name)
        home = self.project.module_of(symbol)
        if home is None:
            return _outside(symbol)
        qualname = symbol.partition(JOINT)[2]
        if not qualname:
            return Type("module", symbol)
        return self._definition(home, qualname)

    def _definition(self, module: Module, qualname: str) -> Type | None:
        symbol = module.symbol(qualname)
        if qualname in module.classes:
            return Type("class", symbol)
        if qualname in module.functions:
            return Type("function", symbol)
        variable = module.variables.get(qualname)
        if variable is None:
            return None
        if variable.annotation and variable.annotation != "TypeAlias":
            return self.annotations.read(module.path, variable.annotation)
        node = parse_expression(variable.value)
        maker = callee_name(node)
        if maker in _MAKERS and isinstance(node, ast.Call):
            return Type("function", maker, (Type("instance", _made(node, maker)),))
        return self.chain(module.symbol(MODULE_BODY), chain_of(node), variable.line) if node else None

    def call(self, called: Type) -> Type | None:
        """What calling a value gives."""
        if called.kind == "class":
            return Type("instance", called.name)
        if called.kind == "function":
            return self.returned(called.name) if JOINT in called.name else (called.of[0] if called.of else None)
        if called.kind == "instance" and called.last in _MAKERS:
            return (called.of and called.of[0]) or Type("instance", _MAKERS[called.last])
        if called.kind == "instance" and (method := self.classes.method(called.name, "__call__")):
            return self.returned(method)
        return None

    def member(self, owner: Type, name: str) -> Type | None:
        """What an attribute of a value is."""
        if owner.kind == "module":
            symbol = self.project.resolve(owner.name.partition(JOINT)[0], name)
            home = self.project.module_of(symbol)
            return self._definition(home, symbol.partition(JOINT)[2]) if home else _outside(symbol)
        if owner.kind == "function" and owner.of:
            return Type("context", "", owner.of) if name == "begin" else None
        if owner.kind == "function" and JOINT not in owner.name:
            return _outside(f"{owner.name}.{name}")
        if owner.kind not in ("instance", "class"):
            return None
        if JOINT not in owner.name:
            return Type("function", f"{owner.name}.{name}")
        return self.attribute(owner.name, name)

    def attribute(self, klass: Symbol, name: str) -> Type | None:
        """What an attribute of instances of a class is: a method, a property's value, a field, or what methods set."""
        key = (klass, name)
        if key not in self._attributes:
            self._attributes[key] = None
            self._attributes[key] = self._attribute(klass, name)
        return self._attributes[key]

    def _attribute(self, klass: Symbol, name: str) -> Type | None:
        for owner in (klass, *self.classes.ancestors(klass)):
            module = self.project.module_of(owner)
            qualname = owner.partition(JOINT)[2]
            if module is None or qualname not in module.classes:
                continue
            method = module.functions.get(f"{qualname}.{name}")
            if method is not None:
                names = {last_name(_called(text)) for text in method.decorators}
                symbol = module.symbol(method.qualname)
                return self.result(symbol) if names & _PROPERTIES else Type("function", symbol)
            if found := self._set_attribute(module, qualname, name):
                return found[0]
        return None

    def _set_attribute(self, module: Module, qualname: str, name: str) -> tuple[Type | None] | None:
        """In a tuple, what a class body or its methods bind an attribute to; None when they do not."""
        for field in module.classes[qualname].fields:
            if field.name == name and field.annotation:
                return (self.annotations.read(module.path, field.annotation),)
            if field.name == name and (node := parse_expression(field.value)):
                return (self.chain(module.symbol(MODULE_BODY), chain_of(node), field.line),)
        for method in sorted(module.methods(qualname), key=lambda method: method.name != "__init__"):
            body = module.bodies.get(method.qualname)
            for binding in body.bindings if body else ():
                if binding.name == f"self.{name}":
                    return (self._binding(module, module.symbol(method.qualname), binding),)
        return None


def _called(decorator: str) -> ast.expr | None:
    """What a decorator names, whether it is called or not."""
    node = parse_expression(decorator)
    return node.func if isinstance(node, ast.Call) else node


def _passes_through(module: Module, decorator: str) -> bool:
    """Whether a decorator has an async wrapper, or one that returns the call of what it wraps as it is."""
    for function in module.outline.functions:
        if not function.qualname.startswith(f"{decorator}."):
            continue
        if function.is_async and not function.is_generator:
            return True
        body = module.bodies.get(function.qualname)
        around = module.functions.get(function.owner)
        wrapped = {parameter.name for parameter in around.parameters} if around else set()
        if body and any(call.use == "return" and call.chain in wrapped for call in body.calls):
            return True
    return False


def _is_route(name: str) -> bool:
    return name.rpartition(".")[2] in (
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "websocket",
        "api_route",
    )


def _entered(found: Type | None) -> Type | None:
    """What `with … as` binds: what a context yields; sessions and clients enter as themselves."""
    if found is not None and found.kind == "context":
        return found.of[0] if found.of else None
    return found if found is not None and found.kind == "instance" else None


def _outside(symbol: Symbol) -> Type | None:
    """What a name from outside the project is: a class when it has a capital, else a function or a module."""
    last = symbol.rpartition(".")[2]
    return Type("class" if last[:1].isupper() else "function", symbol) if last else None


def _made(call: ast.Call, maker: str) -> str:
    """The session class that a session maker makes."""
    given = next((word.value for word in call.keywords if word.arg == "class_"), None)
    if last_name(given) == "AsyncSession":
        return _MAKERS["async_sessionmaker"]
    return _MAKERS[maker]
