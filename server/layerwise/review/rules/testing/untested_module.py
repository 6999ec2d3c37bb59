"""A service, repository or set of routes has no test file.

## Why is this bad?
What no test names breaks unnoticed; and where tests are not laid out like the code, nobody can see what is missing.

## Example
```python
# app/services/order.py, and nothing below tests/ speaks of it
class OrderService:
    pass
```

## Use instead
```python
# tests/services/test_order.py
async def test_an_order_needs_items(service: OrderService) -> None:
    with pytest.raises(InvalidInputError):
        await service.create(OrderCreate(items=[]))
```

## When to ignore
When tests of a layer above cover the module.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from layerwise.project.index import Project
from layerwise.review.finding import Span
from layerwise.review.rule import Bad, Good, Miss, Problem, ProjectView, Rule

_SERVICE = """
class OrderService:
    async def place(self, number: str) -> None:
        await self.orders.create(number=number)
"""
_TEST = """
from app.services.user import UserService


def test_names() -> None:
    assert UserService.__name__ == "UserService"
"""

RULE = Rule(
    __name__,
    __doc__,
    code="TST010",
    severity="info",
    profile="strict",
    scope="project",
    statements=("testing.per-module", "structure.tests"),
    cases=(
        Bad(
            {
                "app/services/order.py": "class OrderService:  # !\n    async def place(self) -> None:\n"
                "        await self.orders.create()\n",
                "tests/services/test_user.py": _TEST,
            }
        ),
        Bad(
            {
                "app/repositories/order.py": "class OrderRepository:  # !\n"
                "    async def find(self, key: int) -> Order:\n        return await self.session.get_one(Order, key)\n",
                "tests/services/test_user.py": _TEST,
            }
        ),
        Good({"app/services/order.py": _SERVICE, "tests/services/test_order.py": _TEST.replace("User", "Order")}),
        Good(
            {
                "app/services/order.py": _SERVICE,
                "tests/test_everything.py": """
                from app.services.order import OrderService


                def test_names() -> None:
                    assert OrderService.__name__ == "OrderService"
                """,
            }
        ),
        Good({"app/services/order.py": _SERVICE}),
        Miss(
            {"app/core/money.py": "def add(a: int, b: int) -> int:\n    return a + b\n", "tests/test_user.py": _TEST},
            why="only the layers that hold rules and data access are looked at",
        ),
    ),
)
_LAYERS = ("service", "repository", "endpoint")


@RULE.on_project
def check(view: ProjectView) -> Iterator[Problem]:
    project: Project = view.project
    tests = [path for path, layer in project.layers.items() if layer == "test"]
    named = {PurePosixPath(path).stem.removeprefix("test_").removesuffix("_test").rstrip("s") for path in tests}
    imported = {
        project.resolve(path, item.name).partition("::")[0]
        for path in tests
        for item in project.modules[path].outline.imports
    }
    for path, module in project.modules.items():
        stem = PurePosixPath(path).stem
        if not tests or project.layers[path] not in _LAYERS or path in imported or stem in ("__init__", "base"):
            continue
        lines = [each.line for each in module.outline.classes] + [each.line for each in module.outline.functions]
        if lines and not {stem.rstrip("s"), stem.rpartition("_")[0].rstrip("s")} & named:
            line = min(lines)
            yield Problem(Span(line, 1, line, 2), f"No test file is named after `{stem}` or imports it.", path=path)
