"""A test asserts nothing.

## Why is this bad?
It passes whatever the code does, as long as nothing raises.

## Example
```python
def test_create(client: TestClient) -> None:
    client.post("/users", json={"email": "a@example.com"})
```

## Use instead
```python
def test_create(client: TestClient) -> None:
    response = client.post("/users", json={"email": "a@example.com"})
    assert response.status_code == 201
```

## When to ignore
When not raising is what is tested; then say so in the name.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import Function, callee_name

RULE = Rule(
    __name__,
    __doc__,
    code="TST008",
    severity="info",
    profile="strict",
    statements=("testing.aaa",),
    cases=(
        Bad(
            """
            def test_create(client) -> None:  # !
                client.post("/users", json={"email": "a@example.com"})
            """,
            path="tests/test_users.py",
        ),
        Bad(
            """
            class TestUsers:
                def test_read(self, client) -> None:  # !
                    response = client.get("/users")
                    print(response.json())
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            def test_create(client) -> None:
                response = client.post("/users", json={"email": "a@example.com"})
                assert response.status_code == 201
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            import pytest


            def test_create(service) -> None:
                with pytest.raises(ConflictError):
                    service.create()
            """,
            path="tests/test_users.py",
        ),
        Good(
            """
            def test_create(client, mailer) -> None:
                client.post("/users")
                mailer.send.assert_called_once()
                check_mail(mailer)
            """,
            path="tests/test_users.py",
        ),
        FalseAlarm(
            """
            def test_import(app) -> None:  # !
                app.boot()
            """,
            why="that nothing raises may be the point",
            path="tests/test_users.py",
        ),
        Miss(
            """
            def test_create(client) -> None:
                client.post("/users")
                assert True
            """,
            why="whether an assertion can fail is not judged",
            path="tests/test_users.py",
        ),
    ),
)
_ASSERTS = re.compile(
    r"assert|expect|raises|warns|check|verify|validate|fail|should|ensure|must|compare|match|snapshot"
)


@RULE.on_function
def check(context: Context, node: Function) -> Iterator[Problem]:
    if context.file_layer != "test" or not node.name.startswith("test_") or context.tree.function(node) is not None:
        return
    for each in context.tree.within(node):
        if isinstance(each, ast.Assert | ast.Raise) or (
            isinstance(each, ast.Call) and _ASSERTS.search(callee_name(each).lower())
        ):
            return
    if not any("skip" in ast.unparse(each) or "benchmark" in ast.unparse(each) for each in node.decorator_list):
        yield Problem(node, f"`{node.name}` asserts nothing: it passes whatever the code does.")
