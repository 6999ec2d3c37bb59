"""A test calls a service on the network.

## Why is this bad?
The test fails when the service is slow, away or changed, and nobody can run it offline.

## Example
```python
def test_rates() -> None:
    assert requests.get("https://api.example.com/rates", timeout=5).ok
```

## Use instead
```python
def test_rates(rates_api: FakeRates) -> None:
    assert load_rates(rates_api) == {"EUR": 1}
```

## When to ignore
In tests of the connection itself, which run apart from the others.
"""

import ast
import re
from collections.abc import Iterator

from layerwise.review.context import Context
from layerwise.review.rule import Bad, FalseAlarm, Good, Miss, Problem, Rule
from layerwise.review.tree import parameters

RULE = Rule(
    __name__,
    __doc__,
    code="TST007",
    severity="warning",
    statements=("testing.mock",),
    cases=(
        Bad(
            """
            import requests


            def test_rates() -> None:
                assert requests.get("https://api.example.org/rates", timeout=5).ok  # !
            """,
            path="tests/test_rates.py",
        ),
        Bad(
            """
            import httpx


            def test_rates() -> None:
                url = "rates"
                assert httpx.get(f"https://api.example.org/{url}").is_success  # !
            """,
            path="tests/test_rates.py",
        ),
        Good(
            """
            import httpx


            def test_rates(respx_mock) -> None:
                respx_mock.get("https://api.example.org/rates")
                assert httpx.get("https://api.example.org/rates").is_success
            """,
            path="tests/test_rates.py",
        ),
        Good(
            """
            import requests


            def test_rates() -> None:
                assert requests.get("http://localhost:8000/rates", timeout=5).ok
            """,
            path="tests/test_rates.py",
        ),
        Good(
            """
            def test_rates(client) -> None:
                assert client.get("https://testserver/rates").is_success
            """,
            path="tests/test_rates.py",
        ),
        FalseAlarm(
            """
            import requests


            def test_rates() -> None:
                assert requests.get("https://rates.internal/rates", timeout=5).ok  # !
            """,
            why="the host may be faked by the environment",
            path="tests/test_rates.py",
        ),
        Miss(
            """
            def test_rates() -> None:
                assert load_rates()
            """,
            why="the call is in the code under test",
            path="tests/test_rates.py",
        ),
    ),
)
_METHODS = ("get", "post", "put", "patch", "delete", "request")
_REMOTE = re.compile(r"^https?://(?!localhost|127\.|0\.0\.0\.0|testserver|test\b|\[::1\]|host\.docker)")
_MOCKS = re.compile(
    r"mock|respx|responses|vcr|cassette|patch|fake|stub|aioresponses|httpserver|recorder", re.IGNORECASE
)


@RULE.on_call(*_METHODS, "urlopen")
def check(context: Context, call: ast.Call) -> Iterator[Problem]:
    if context.file_layer != "test" or not call.args:
        return
    name = context.names.callee(call)
    if name not in (
        "urllib.request.urlopen",
        *(f"{lib}.{method}" for lib in ("requests", "httpx") for method in _METHODS),
    ):
        return
    function = context.tree.runner(call)
    if function is None or not _REMOTE.match(_url(call.args[0])) or _MOCKS.search(ast.unparse(call.args[0])):
        return
    around = " ".join(
        [*(ast.unparse(each) for each in function.decorator_list), *(each.arg for each in parameters(function))]
    )
    if not _MOCKS.search(around) and not any(_MOCKS.search(each) for each in context.names.imports):
        yield Problem(call, f"`{function.name}` calls {_url(call.args[0])[:60]} for real; mock the service.")


def _url(argument: ast.expr) -> str:
    """The constant text that the address starts with."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0] if isinstance(argument.values[0], ast.Constant) else argument
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""
