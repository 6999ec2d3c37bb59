"""Wiring: a resource is made known by one line in the right place, and every other byte stays."""

import difflib

import pytest

from layerwise.generate.imports import add_imports, collect_imports, remove_imports
from layerwise.generate.wiring import wire_factory, wire_model, wire_router

ROUTER = '''"""Routes."""

from fastapi import APIRouter

from app.api.v1.endpoints.auth import router as auth_router  # first
from app.api.v1.endpoints.users import router as users_router

router = APIRouter( prefix='/api' )   # odd  spacing
router.include_router(auth_router)
router.include_router(users_router, tags=["people"])


def later() -> None: ...
'''


def added_lines(before: str, after: str) -> list[str]:
    """The lines that `after` has more; fails where one was taken away."""
    lines = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    assert not [line for line in lines if line.startswith("- ")]
    return [line[2:] for line in lines if line.startswith("+ ")]


def test_a_router_is_imported_in_order_and_included_last() -> None:
    wired = wire_router(ROUTER, "order", "orders")
    assert added_lines(ROUTER, wired) == [
        "from app.api.v1.endpoints.orders import router as orders_router\n",
        "router.include_router(orders_router)\n",
    ]
    assert wired.index("endpoints.auth") < wired.index("endpoints.orders") < wired.index("endpoints.users")
    assert wired.index("users_router, tags") < wired.index("include_router(orders_router)") < wired.index("def later")


def test_a_second_run_changes_nothing() -> None:
    wired = wire_router(ROUTER, "order", "orders")
    assert wire_router(wired, "order", "orders") == wired
    model = wire_model("", "Order", "order")
    assert wire_model(model, "Order", "order") == model


def test_the_newlines_of_the_file_are_kept() -> None:
    text = ROUTER.replace("\n", "\r\n")
    wired = wire_router(text, "order", "orders")
    assert wired.replace("\r\n", "") == wired.replace("\r", "").replace("\n", "")
    assert "\n" not in wired.replace("\r\n", "")


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_factory_comes_at_the_end_with_its_imports(ending: str) -> None:
    text = f"from fastapi import Depends\n\nfrom app.services.user import UserService\n\nx = Depends{ending}"
    factory = "def get_order_service() -> OrderService:\n    return OrderService()\n"
    wired = wire_factory(text, {("app.services.order", "OrderService", "")}, "get_order_service", factory)
    assert wired.endswith(f"x = Depends\n\n\n{factory}")
    assert "from app.services.order import OrderService\nfrom app.services.user import UserService\n" in wired
    assert wire_factory(wired, set(), "get_order_service", factory) == wired


def test_a_name_joins_the_import_that_is_there() -> None:
    text = "from app.core.exceptions import ConflictError, NotFoundError\n"
    wired = add_imports(text, {("app.core.exceptions", "InvalidInputError", "")})
    assert wired == "from app.core.exceptions import ConflictError, InvalidInputError, NotFoundError\n"


def test_an_import_finds_a_place_where_there_are_none() -> None:
    assert add_imports('"""Doc."""\nx = 1\n', {("app.a", "A", "")}) == '"""Doc."""\n\nfrom app.a import A\nx = 1\n'
    assert add_imports("", {("app.a", "A", "A")}) == "from app.a import A as A\n"


def test_what_is_imported_goes_again_and_leaves_the_text_as_it_was() -> None:
    text = '"""Doc."""\n\nimport json\n\nfrom app.b import B  # kept\n\nx = (json, B)\n'
    imports = {("datetime", "", "dt"), ("decimal", "Decimal", ""), ("app.a", "A", ""), ("pydantic", "Field", "")}
    wired = add_imports(text, imports)
    assert wired.startswith(
        '"""Doc."""\n\nimport datetime as dt\nimport json\nfrom decimal import Decimal\n\nfrom pydantic import Field\n\n'
        "from app.a import A\nfrom app.b import B  # kept\n"
    )
    assert remove_imports(wired, imports) == text
    assert collect_imports(wired) - collect_imports(text) == imports


def test_an_import_with_a_comment_is_not_written_anew() -> None:
    text = "from app.a import A  # mine\n"
    assert add_imports(text, {("app.a", "B", "")}) == "from app.a import A  # mine\nfrom app.a import B\n"
    assert remove_imports(text, {("app.a", "A", "")}) == ""
