"""A dependency override outlives its test.

## Why is this bad?
`dependency_overrides` belongs to the app: later tests use the override too, and pass or fail by their order.

## Example
```python
def test_read(client: TestClient) -> None:
    app.dependency_overrides[get_db] = fake_db
    assert client.get("/users").status_code == 200
```

## Use instead
```python
@pytest.fixture
def client() -> Iterator[TestClient]:
    app.dependency_overrides[get_db] = fake_db
    yield TestClient(app)
    app.dependency_overrides.clear()
```

## When to ignore
When each test makes its own app.
"""

import ast
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import dotted

RULE = Rule(
    __name__,
    __doc__,
    code="TST001",
    severity="warning",
    statements=("testing.override", "testing.client"),
    cases=(
        Bad(
            """
            from app.main import app


            def test_read(client) -> None:
                app.dependency_overrides[get_db] = fake_db  # !
                assert client.get("/users").status_code == 200
            """,
            path="tests/test_users.py",
        ),
        Bad(
            """
            import pytest
            from app.main import app


            @pytest.fixture
            def client(db_session):
                app.dependency_overrides[get_db] = lambda: db_session  # !
                app.dependency_overrides[get_user] = lambda: None
                return make_client(app)
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            import pytest
            from app.main import app


            @pytest.fixture
            def client(db_session):
                app.dependency_overrides[get_db] = lambda: db_session
                yield make_client(app)
                app.dependency_overrides.clear()
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            import pytest


            @pytest.fixture
            def client(db_session):
                app = create_app()
                app.dependency_overrides[get_db] = lambda: db_session
                return make_client(app)
            """,
            path="tests/conftest.py",
        ),
        Good(
            """
            from app.main import app


            def test_read(client, monkeypatch) -> None:
                monkeypatch.setitem(app.dependency_overrides, get_db, fake_db)
                assert client.get("/users").status_code == 200
            """,
            path="tests/test_users.py",
        ),
        FalseAlarm(
            """
            from app.main import app


            def test_read(client) -> None:
                app.dependency_overrides[get_db] = fake_db  # !
                assert client.get("/users").status_code == 200
            """,
            why="an automatic fixture in conftest.py may clear the overrides",
            path="tests/api/test_users.py",
        ),
        Miss(
            """
            from app.main import app


            def test_read(client) -> None:
                override(app, get_db, fake_db)
                assert client.get("/users").status_code == 200
            """,
            why="the override is set by a helper",
            path="tests/test_users.py",
        ),
    ),
)


@RULE.on(ast.Assign)
def check(context: Context, node: ast.Assign) -> Iterator[Problem]:
    target = node.targets[0]
    if not isinstance(target, ast.Subscript) or not dotted(target.value).endswith("dependency_overrides"):
        return
    function = context.tree.runner(node)
    app = dotted(target.value).partition(".")[0]
    if function is None or app in context.sessions.opened_in(function) or _is_cleared(context):
        return
    earlier = next(each for each in context.tree.body(function) if isinstance(each, ast.Assign) and _overrides(each))
    if earlier is node:
        yield Problem(
            node, f"`{function.name}` overrides `{context.text(target.slice)}` and never clears the override."
        )


def _overrides(node: ast.Assign) -> bool:
    target = node.targets[0]
    return isinstance(target, ast.Subscript) and dotted(target.value).endswith("dependency_overrides")


def _is_cleared(context: Context) -> bool:
    """Whether anything in the module takes overrides away again."""
    for node in context.tree.of(ast.Attribute):
        if node.attr in ("clear", "pop") and dotted(node.value).endswith("dependency_overrides"):
            return True
    return any(
        (isinstance(node, ast.Delete) and any("dependency_overrides" in ast.unparse(each) for each in node.targets))
        or (isinstance(node, ast.Assign) and dotted(node.targets[0]).endswith("dependency_overrides"))
        for node in (*context.tree.of(ast.Delete), *context.tree.of(ast.Assign))
    )
