"""An async test has no marker that runs it.

## Why is this bad?
pytest skips it, or fails it, without running a line of it.

## Example
```python
async def test_read(client: AsyncClient) -> None:
    assert (await client.get("/users")).status_code == 200
```

## Use instead
```python
@pytest.mark.asyncio
async def test_read(client: AsyncClient) -> None:
    assert (await client.get("/users")).status_code == 200
```

## Fix safety
Safe: the marker only makes the test run.

## When to ignore
When `asyncio_mode = "auto"` is set in the project's configuration.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.finding import Finding, Fix
from layerwise.review.nearby import nearby_texts
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, ProjectView, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="TST004",
    severity="warning",
    statements=("testing.asyncio",),
    cases=(
        Bad(
            """
            import pytest


            @pytest.mark.asyncio
            async def test_create(client) -> None:
                assert await client.create()


            @pytest.mark.asyncio
            async def test_update(client) -> None:
                assert await client.update()


            async def test_read(client) -> None:  # !
                assert await client.read()
            """,
            fixed="""
            import pytest


            @pytest.mark.asyncio
            async def test_create(client) -> None:
                assert await client.create()


            @pytest.mark.asyncio
            async def test_update(client) -> None:
                assert await client.update()


            @pytest.mark.asyncio
            async def test_read(client) -> None:
                assert await client.read()
            """,
            path="tests/test_users.py",
        ),
        Bad(
            """
            async def test_read(client) -> None:  # !
                assert await client.read()
            """,
            fixed="""
            import pytest

            @pytest.mark.asyncio
            async def test_read(client) -> None:
                assert await client.read()
            """,
        ),
        Good(
            """
            import pytest

            pytestmark = pytest.mark.anyio


            async def test_read(client) -> None:
                assert await client.read()
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            import pytest


            @pytest.mark.asyncio
            class TestUsers:
                async def test_read(self, client) -> None:
                    assert await client.read()
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            def test_read(client) -> None:
                assert client.read()
            """,
            path="tests/test_users.py",
        ),
        FalseAlarm(
            """
            async def test_read(client) -> None:  # !
                assert await client.read()
            """,
            why="the mode may be auto, which the project's configuration says",
        ),
        Miss(
            """
            import pytest


            @pytest.fixture
            async def client():
                return make_client()
            """,
            why="async fixtures need a decorator of their own, which depends on the plugin",
            path="tests/conftest.py",
        ),
    ),
)
_AUTO = re.compile(r"^\s*asyncio_mode\s*=\s*[\"']?auto\b", re.MULTILINE)
_RUNNERS = ("pytest.mark.asyncio", "pytest.mark.anyio", "pytest.mark.trio")


@RULE.on(ast.AsyncFunctionDef)
def check(context: Context, node: ast.AsyncFunctionDef) -> Iterator[Problem]:
    """Sure where most tests of the file are marked; likely in a snippet; else the mode may be auto."""
    if context.file_layer != "test" or not node.name.startswith("test") or context.tree.function(node) is not None:
        return
    klass = context.tree.klass(node)
    if _is_marked(context, node) or (klass is not None and (_is_marked(context, klass) or klass.bases)):
        return
    if any(
        isinstance(each, ast.Assign) and dotted(each.targets[0]) == "pytestmark" for each in context.tree.of(ast.Assign)
    ):
        return
    marked = sum(_is_marked(context, each) for each in context.tree.of(ast.AsyncFunctionDef))
    is_exception = marked > sum(each.name.startswith("test") for each in context.tree.of(ast.AsyncFunctionDef)) / 2
    source = context.source
    local, imports = context.imports.add("pytest")
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    edit = source.insert(source.line_start(first), f"{source.indent(node)}@{local}.mark.asyncio{source.newline}")
    yield Problem(
        node,
        f"`{node.name}` is async but has no `@pytest.mark.asyncio`, so pytest does not run it.",
        fix=Fix((*imports, edit), safe=True, reason="The marker only makes the test run."),
        confidence="high" if is_exception else "medium" if "/" not in context.path else "low",
    )


def _is_marked(context: Context, node: ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(
        context.names.qualified(each.func if isinstance(each, ast.Call) else each) in _RUNNERS
        for each in node.decorator_list
    )


@RULE.refute
def runs_anyway(view: ProjectView, finding: Finding) -> bool:
    """Whether the configuration nearest to the test puts pytest-asyncio into auto mode."""
    texts = nearby_texts(view.project.root, finding.path, ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg"))
    return any(_AUTO.search(text) for text in texts)
