"""Mutants: texts of a working backend into which one operator has put one defect.

An operator yields a mutant for every place of a file where its change makes code wrong; a place where the change would
leave the code right, such as an `unique=True` that nothing relies on, is none.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from layerwise.project.index import Project
from layerwise.review.context import Context
from layerwise.review.edits import apply_edits
from layerwise.review.finding import Edit
from layerwise.review.places import open_context
from layerwise.review.source import Source
from layerwise.review.tree import Function, callee_name, dotted, keyword

ASIDE = re.compile(r"(^|/)(tests?|alembic|migrations|scripts|docs_src|docs)/|(^|/)(test_|conftest)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed text, the function or class that holds the defect, and the operator that made it."""

    operator: str
    path: str
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a project as the operators see it."""

    context: Context
    project: Project
    texts: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.context.path

    def mutant(self, operator: str, node: ast.AST, *edits: Edit) -> Mutant:
        """The file with the edits, which put a defect into the function or class around `node`."""
        holder = self.context.tree.qualified_name(node) or self.context.tree.qualified_name(
            self.context.tree.statement(node)
        )
        return Mutant(operator, self.path, holder, apply_edits(self.context.source.text, edits))

    def cut(self, start: int, end: int) -> Edit:
        return Edit(self.path, start, end, "")


Operator = Callable[[File], Iterator[Mutant]]


def find_mutants(texts: Mapping[str, str], project: Project) -> Iterator[Mutant]:
    """Every mutant of a project's own files, operator by operator."""
    for path in sorted(texts):
        if path.endswith(".py") and path in project.modules and not ASIDE.search(path):
            file = File(open_context(Source(path, texts[path])), project, texts)
            for operator in OPERATORS.values():
                yield from operator(file)


def _functions(file: File) -> Iterator[Function]:
    yield from file.context.tree.functions


def _uncall(file: File, await_: ast.Await) -> tuple[Edit, ...]:
    """The edit that takes `await` away from a call."""
    source = file.context.source
    return (file.cut(source.start(await_), source.start(await_.value)),)


def _is_session_call(file: File, call: ast.expr) -> bool:
    return isinstance(call, ast.Call) and any(
        found.node is call and found.kind == "async" for found in file.context.sessions.calls
    )


def _coroutines(project: Project) -> frozenset[str]:
    """The names that only coroutine functions of the project have."""
    names: dict[str, set[bool]] = {}
    for module in project.modules.values():
        for function in module.outline.functions:
            names.setdefault(function.name, set()).add(function.is_async and not function.is_generator)
    return frozenset(name for name, kinds in names.items() if kinds == {True})


def drop_session_await(file: File) -> Iterator[Mutant]:
    for node in file.context.tree.of(ast.Await):
        if _is_session_call(file, node.value):
            yield file.mutant("drop await (session)", node, *_uncall(file, node))


def drop_coroutine_await(file: File) -> Iterator[Mutant]:
    known = _coroutines(file.project)
    for node in file.context.tree.of(ast.Await):
        if (
            isinstance(node.value, ast.Call)
            and callee_name(node.value) in known
            and not _is_session_call(file, node.value)
        ):
            yield file.mutant("drop await (coroutine)", node, *_uncall(file, node))


def block_in_helper(file: File) -> Iterator[Mutant]:
    """`time.sleep` at the start of a plain function that an async one calls by a name that nothing else has."""
    called: set[str] = set()
    for symbol, module, function in file.project.calls.functions():
        if function.is_async and not ASIDE.search(module.path):
            called |= {found.target for found in file.project.calls.of(symbol) if not found.call.deferred}
    module = file.project.modules[file.path]
    for node in _functions(file):
        symbol = module.symbol(file.context.tree.qualified_name(node))
        generates = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in file.context.tree.body(node))
        if isinstance(node, ast.FunctionDef) and symbol in called and not generates:
            first = node.body[0]
            indent = file.context.source.indent(first)
            at = file.context.source.line_start(first.lineno)
            yield file.mutant(
                "block in helper",
                node,
                Edit(file.path, at, at, f"{indent}import time\n{indent}time.sleep(1)\n"),
            )


def swap_route_kind(file: File) -> Iterator[Mutant]:
    """`async def` without its awaits as `def`; `def` with a sync session as `async def`."""
    source = file.context.source
    for route in file.context.routes:
        node = route.function
        inside = list(file.context.tree.body(node))
        at = source.start(node)
        if isinstance(node, ast.AsyncFunctionDef):
            awaits = [each for each in inside if isinstance(each, ast.Await)]
            if awaits and not any(isinstance(each, ast.AsyncFor | ast.AsyncWith) for each in inside):
                start = source.text.index("async def", at)
                edits = [edit for each in awaits for edit in _uncall(file, each)]
                yield file.mutant("swap def and async def", node, file.cut(start, start + len("async ")), *edits)
        elif any(file.context.sessions.kind_of_annotation(each.annotation) == "sync" for each in node.args.args):
            start = source.text.index("def ", at)
            yield file.mutant("swap def and async def", node, Edit(file.path, start, start, "async "))


def _drop_step(file: File, call: ast.Call) -> Edit:
    """The edit that takes `.step(…)` out of a chain."""
    assert isinstance(call.func, ast.Attribute)
    return file.cut(file.context.source.end(call.func.value), file.context.source.end(call))


def strip_options(file: File) -> Iterator[Mutant]:
    for call in file.context.tree.calls("options"):
        if isinstance(call.func, ast.Attribute) and re.search(r"(selectin|joined|subquery)load\(", ast.unparse(call)):
            yield file.mutant("strip loader options", call, _drop_step(file, call))


def strip_order(file: File) -> Iterator[Mutant]:
    """No order at all where a page is cut, and an order without its tie-breaker."""
    for call in file.context.tree.calls("order_by"):
        statement = file.context.queries.read(file.context.queries.whole(call))
        if not isinstance(call.func, ast.Attribute) or statement is None or "limit" not in statement.methods:
            continue
        yield file.mutant("strip order_by", call, _drop_step(file, call))
        if len(call.args) > 1 and "offset" in statement.methods:
            yield file.mutant("strip order_by", call, file.context.source.drop_argument(call, call.args[-1]))


def strip_exclude_unset(file: File) -> Iterator[Mutant]:
    for call in file.context.tree.calls("model_dump", "dict"):
        word = next((each for each in call.keywords if each.arg == "exclude_unset"), None)
        if word is not None:
            yield file.mutant("strip exclude_unset", call, file.context.source.drop_argument(call, word))


def call_default(file: File) -> Iterator[Mutant]:
    """A default that is a function, called at import."""
    for call in file.context.tree.calls("mapped_column", "Column", "Field"):
        for word in call.keywords:
            if word.arg in ("default", "onupdate") and isinstance(word.value, ast.Name | ast.Attribute):
                name = dotted(word.value)
                if re.search(r"(uuid\d|now|utc_?now|today|token_\w+|time)$", name):
                    end = file.context.source.end(word.value)
                    yield file.mutant("call the default", call, Edit(file.path, end, end, "()"))


def drop_raise(file: File) -> Iterator[Mutant]:
    """A generator that provides a session and swallows what goes wrong."""
    for node in file.context.tree.of(ast.ExceptHandler):
        function = file.context.tree.runner(node)
        if function is None or not isinstance(node.body[-1], ast.Raise) or len(node.body) < 2:
            continue
        if any(isinstance(each, ast.Yield) for each in file.context.tree.body(function)):
            line = node.body[-1].lineno
            yield file.mutant("delete raise", node, file.context.source.delete_lines(line, line))


def gather_two(file: File) -> Iterator[Mutant]:
    """Two awaits in a row on one session, or on one repository, at once."""
    source = file.context.source
    for function in _functions(file):
        for first, second in zip(function.body, function.body[1:], strict=False):
            pair = [_awaited(file, statement) for statement in (first, second)]
            if pair[0] is None or pair[1] is None:
                continue
            (name, call, users), (other, later, others) = pair[0], pair[1]
            reads = {each.id for each in ast.walk(later) if isinstance(each, ast.Name)}
            if not users & others or (name and name in reads):
                continue
            target = f"{name or '_'}, {other or '_'} = " if name or other else ""
            text = f"{target}await asyncio.gather({source.segment(call)}, {source.segment(later)})"
            edit = Edit(file.path, source.start(first), source.end(second), text)
            yield file.mutant("gather on one session", function, edit, Edit(file.path, *_import_place(file)))


def _import_place(file: File) -> tuple[int, int, str]:
    """Where `import asyncio` goes."""
    at = next(
        (node for node in file.context.tree.root.body if isinstance(node, ast.Import | ast.ImportFrom)),
        file.context.tree.root.body[0],
    )
    start = file.context.source.start(at)
    return start, start, "" if "asyncio" in file.context.names.imports else "import asyncio\n"


def _awaited(file: File, statement: ast.stmt) -> tuple[str, ast.Call, set[str]] | None:
    """The name, the call and the sessions of `name = await call(…)`."""
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr) else None
    if not isinstance(value, ast.Await) or not isinstance(value.value, ast.Call):
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if target is not None and not isinstance(target, ast.Name):
        return None
    call = value.value
    receiver = dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    names = {receiver, *(dotted(each) for each in (*call.args, *(word.value for word in call.keywords)))}
    used = {name for name in names if name and file.context.sessions.kind(name, call) == "async"}
    if receiver.endswith(("repository", "repo")):
        used.add(receiver)
    return (target.id if isinstance(target, ast.Name) else ""), call, used


def commit_below(file: File) -> Iterator[Mutant]:
    for call in file.context.tree.calls("flush"):
        layer = file.context.layer(call)
        if isinstance(call.func, ast.Attribute) and layer in ("repository", "service") and not call.args:
            end = file.context.source.end(call.func)
            yield file.mutant("commit in repository", call, Edit(file.path, end - len("flush"), end, "commit"))


def drop_unique(file: File) -> Iterator[Mutant]:
    """No unique constraint any more on a column by which something looks up whether a value is taken."""
    asked = "\n".join(text for path, text in file.texts.items() if not ASIDE.search(path))
    for call in file.context.tree.calls("mapped_column", "Column", "Index", "Field"):
        word = next((each for each in call.keywords if each.arg == "unique"), None)
        klass = file.context.tree.klass(call)
        if word is None or klass is None or not isinstance(word.value, ast.Constant) or word.value.value is not True:
            continue
        statement = file.context.tree.statement(call)
        names = [dotted(statement.target)] if isinstance(statement, ast.AnnAssign) else []
        if callee_name(call) == "Index":
            names = [str(each.value) for each in call.args[1:] if isinstance(each, ast.Constant)]
        if len(names) == 1 and re.search(rf"\b{klass.name}\.{names[0]} ==", asked):
            yield file.mutant("drop unique", call, file.context.source.drop_argument(call, word))


def drop_response_type(file: File) -> Iterator[Mutant]:
    source = file.context.source
    for route in file.context.routes:
        returns, model = route.function.returns, keyword(route.decorator, "response_model")
        word = next((each for each in route.decorator.keywords if each.arg == "response_model"), None)
        edits = []
        if returns is not None and not (isinstance(returns, ast.Constant) or "Response" in ast.unparse(returns)[-8:]):
            arrow = source.text.rindex("->", 0, source.start(returns))
            edits.append(file.cut(len(source.text[:arrow].rstrip()), source.end(returns)))
        if word is not None and model is not None and not isinstance(model, ast.Constant):
            edits.append(source.drop_argument(route.decorator, word))
        answers = [each.value for each in file.context.tree.body(route.function) if isinstance(each, ast.Return)]
        if edits and not all(isinstance(each, ast.Constant | ast.Dict | None) for each in answers):
            yield file.mutant("drop response type", route.function, *edits)


def swap_routes(file: File) -> Iterator[Mutant]:
    """A route with a parameter in front of a fixed one that it then answers for."""
    source = file.context.source
    for fixed in file.context.routes:
        for open_ in file.context.routes:
            if fixed.function.lineno >= open_.function.lineno or not _answers_for(open_.path, fixed.path):
                continue
            if fixed.method == open_.method and fixed.router == open_.router:
                start = source.line_start(open_.function.decorator_list[0].lineno)
                end = source.line_start((open_.function.end_lineno or 0) + 1)
                at = source.line_start(fixed.function.decorator_list[0].lineno)
                moved = source.text[start:end].rstrip() + "\n\n\n"
                edits = (Edit(file.path, at, at, moved), file.cut(start, end))
                yield file.mutant("swap routes", fixed.function, *edits)


def _answers_for(pattern: str, path: str) -> bool:
    parts, given = pattern.strip("/").split("/"), path.strip("/").split("/")
    same = len(parts) == len(given) and "{" not in path and "{" in pattern and all(given)
    return same and all(part.startswith("{") or part == each for part, each in zip(parts, given, strict=True))


def drop_scope(file: File) -> Iterator[Mutant]:
    for call in file.context.tree.calls("Depends"):
        word = next((each for each in call.keywords if each.arg == "scope"), None)
        if word is not None:
            yield file.mutant("remove scope", call, file.context.source.drop_argument(call, word))


OPERATORS: Mapping[str, Operator] = {
    each.__name__: each
    for each in (
        drop_session_await, drop_coroutine_await, block_in_helper, swap_route_kind, strip_options, strip_order,
        strip_exclude_unset, call_default, drop_raise, gather_two, commit_below, drop_unique, drop_response_type,
        swap_routes, drop_scope,
    )
}  # fmt: skip
