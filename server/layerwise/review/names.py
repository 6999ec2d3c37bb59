"""Names: what a name in a module refers to, from its imports; snippets without imports get the usual ones."""

import ast
from functools import cached_property

from layerwise.review.tree import Tree, dotted

# What a name means in this stack when nothing in the file binds it, so that a pasted snippet is reviewed like a file.
_USUAL = {
    **dict.fromkeys(("APIRouter", "FastAPI", "HTTPException", "Depends", "BackgroundTasks", "Request"), "fastapi"),
    **dict.fromkeys(("Query", "Body", "UploadFile", "WebSocket", "Response"), "fastapi"),
    **dict.fromkeys(("select", "insert", "update", "delete", "text", "func", "ForeignKey", "DateTime"), "sqlalchemy"),
    **dict.fromkeys(("Column", "create_engine"), "sqlalchemy"),
    **dict.fromkeys(("selectinload", "joinedload", "sessionmaker", "Session", "DeclarativeBase"), "sqlalchemy.orm"),
    **dict.fromkeys(("Mapped", "mapped_column", "relationship", "declarative_base"), "sqlalchemy.orm"),
    **dict.fromkeys(("AsyncSession", "async_sessionmaker", "create_async_engine"), "sqlalchemy.ext.asyncio"),
    **dict.fromkeys(("IntegrityError", "SQLAlchemyError"), "sqlalchemy.exc"),
    **dict.fromkeys(("BaseModel", "ConfigDict", "Field", "field_validator", "validator", "root_validator"), "pydantic"),
    **dict.fromkeys(("BaseSettings", "SettingsConfigDict"), "pydantic_settings"),
    **dict.fromkeys(("AsyncClient", "ASGITransport"), "httpx"),
    **dict.fromkeys(("lru_cache", "cache"), "functools"),
    **dict.fromkeys(("Annotated", "Any"), "typing"),
    **dict.fromkeys(("urlopen",), "urllib.request"),
    **dict.fromkeys(("run_in_threadpool",), "fastapi.concurrency"),
}
# Other addresses of the same thing.
_MOVED = {
    "starlette.exceptions.HTTPException": "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException": "fastapi.HTTPException",
    "starlette.requests.Request": "fastapi.Request",
    "starlette.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "fastapi.background.BackgroundTasks": "fastapi.BackgroundTasks",
    "fastapi.param_functions.Depends": "fastapi.Depends",
    "fastapi.params.Depends": "fastapi.Depends",
    "fastapi.routing.APIRouter": "fastapi.APIRouter",
    "fastapi.applications.FastAPI": "fastapi.FastAPI",
    "sqlalchemy.ext.asyncio.session.AsyncSession": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlmodel.ext.asyncio.session.AsyncSession": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.async_scoped_session": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.orm.session.Session": "sqlalchemy.orm.Session",
    "sqlmodel.Session": "sqlalchemy.orm.Session",
    "sqlalchemy.orm.session.sessionmaker": "sqlalchemy.orm.sessionmaker",
    "sqlalchemy.ext.declarative.declarative_base": "sqlalchemy.orm.declarative_base",
    "sqlalchemy.orm.decl_api.DeclarativeBase": "sqlalchemy.orm.DeclarativeBase",
    "typing_extensions.Annotated": "typing.Annotated",
    "httpx2.AsyncClient": "httpx.AsyncClient",
    "httpx2.ASGITransport": "httpx.ASGITransport",
}
_EXPRESSION_MODULES = ("sqlalchemy.future.", "sqlalchemy.sql.expression.", "sqlalchemy.sql.")
_SQLMODEL = frozenset({"select", "insert", "update", "delete", "text", "func", "or_", "and_", "col"})


def canonical(name: str) -> str:
    """One address for things that can be imported from several places."""
    if moved := _MOVED.get(name):
        return moved
    for prefix in _EXPRESSION_MODULES:
        if name.startswith(prefix):
            return "sqlalchemy." + name.removeprefix(prefix)
    head, _, tail = name.partition(".")
    return f"sqlalchemy.{tail}" if head == "sqlmodel" and tail.split(".")[0] in _SQLMODEL else name


class Names:
    """The meaning of names in one module."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._meanings: dict[str, str] = {}
        self.imports: dict[str, str] = {}
        for node in tree.of(ast.Import):
            for alias in node.names:
                self.imports[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        for statement in tree.of(ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            for alias in statement.names:
                separator = "" if module.endswith(".") else "."
                self.imports[alias.asname or alias.name] = canonical(f"{module}{separator}{alias.name}")

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that functions and the module bind themselves, by assignment, parameter or definition."""
        tree = self._tree
        names = {node.arg for node in tree.of(ast.arg)}
        definitions = [*tree.functions, *tree.of(ast.ClassDef)]
        names |= {node.name for node in definitions if not isinstance(tree.parent(node), ast.ClassDef)}
        for name in tree.of(ast.Name):
            if isinstance(name.ctx, ast.Store) and name.id not in names and not self._is_class_attribute(name):
                names.add(name.id)
        return frozenset(names)

    def _is_class_attribute(self, name: ast.Name) -> bool:
        for around in self._tree.ancestors(name):
            if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return False
            if isinstance(around, ast.ClassDef):
                return True
        return False

    @cached_property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """By the last part of a full name, the other names that the module imports it under."""
        found: dict[str, tuple[str, ...]] = {}
        for local, target in self.imports.items():
            last = target.rpartition(".")[2]
            if last != local:
                found[last] = (*found.get(last, ()), local)
        return found

    @cached_property
    def modules(self) -> frozenset[str]:
        """The top-level packages that the module uses: imported, or meant by the usual names that nothing binds."""
        packages = {name.lstrip(".").split(".")[0] for name in self.imports.values()}
        free = {node.id for node in self._tree.of(ast.Name)} - self.imports.keys() - self.bound
        packages |= {_USUAL.get(name, name).split(".")[0] for name in free}
        if "sqlmodel" in packages:
            packages |= {"sqlalchemy", "pydantic"}
        if "pydantic_settings" in packages:
            packages.add("pydantic")
        return frozenset(packages)

    def qualified(self, node: ast.AST) -> str:
        """The full name of what `node` refers to, such as `sqlalchemy.select` or `time.sleep`.

        Empty when the expression is no dotted name or when its first name is a variable, a parameter or a definition of
        this module.
        """
        name = dotted(node)
        if not name:
            return ""
        if name not in self._meanings:
            self._meanings[name] = self._find_meaning(name)
        return self._meanings[name]

    def _find_meaning(self, name: str) -> str:
        head, dot, rest = name.partition(".")
        if target := self.imports.get(head):
            return canonical(f"{target}{dot}{rest}")
        if head in self.bound:
            return ""
        usual = _USUAL.get(head)
        return canonical(f"{usual}.{name}" if usual else name)

    def callee(self, call: ast.Call) -> str:
        """The full name of what `call` calls."""
        return self.qualified(call.func)

    def is_any(self, node: ast.AST | None, *names: str) -> bool:
        """Whether `node` refers to one of the full `names`."""
        return node is not None and self.qualified(node) in names
