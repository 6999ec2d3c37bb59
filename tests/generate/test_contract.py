"""Backends that answer as their specs promise: driven over HTTP by the specs alone, on SQLite and PostgreSQL."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from layerwise.changes.apply import apply
from layerwise.changes.manifest import read_manifest
from layerwise.generate.plan import plan
from layerwise.generate.trial import open_postgres

pytestmark = pytest.mark.slow

CONTRACT = Path(__file__).parent / "contract"
Drive = Callable[[list[dict[str, Any]], dict[str, Any]], list[str]]

USER: dict[str, Any] = {"name": "User", "fields": "email:email unique, username:str(50) unique, password:password"}
SHOP: list[dict[str, Any]] = [
    {"name": "Tag", "fields": "name:str(30) unique", "id": "int", "auth": "public"},
    {
        "name": "Product",
        "fields": "name:str(200) search, sku:str(64) unique, price:money ge=0 sortable, kind:enum(book,toy)=book filter,"
        " stock:int filter sdefault=0, state:str(10)? sdefault=\"'new'\", code:slug unique on=name, class:date?",
        "relations": ["related:m2m(self)", "tags:m2m(Tag)"],
        "auth": {"read": "user", "write": "superuser"},
    },
    {
        "name": "Order",
        "fields": "number:str(20) unique, note:text?, placed_at:datetime",
        "mixins": ["timestamps", "versioned"],
        "relations": [
            "items:has_many(OrderItem(sku:str(64), quantity:int gt=0)) min=1",
            "lines:m2m(Product) via=OrderLine(quantity:int ge=1, unit_price:money)",
            "buyer:ref(User) owner cascade",
            "reviews:has_many(Review)",
        ],
    },
    {"name": "Review", "fields": "text:text, stars:int ge=1 le=5 sortable filter", "relations": ["product:ref(Product) cascade"]},
    {
        "name": "Note",
        "fields": "title:str(100) unique, rank:int=1",
        "relations": ["author:ref(User) owner", "product:o2o(Product)? set_null"],
        "mixins": ["timestamps", "soft_delete", "versioned"],
        "pagination": "keyset",
        "id": "int",
        "unique": [["rank", "title"]],
        "checks": [{"name": "rank_small", "sql": "rank <= 2147483647"}],
    },
    {"name": "Category", "fields": "name:str filter", "relations": ["parent:ref(self)? set_null"], "pagination": "none"},
    {"name": "Event", "fields": "at:datetime, secret:password", "operations": ["list", "create"], "mixins": []},
]  # fmt: skip


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    """Builds a backend of these specs, and gives what does not hold of it on both databases."""

    def drive(specs: list[dict[str, Any]], user: dict[str, Any]) -> list[str]:
        for spec in (user, *specs):
            planned = plan(tmp_path, spec=spec, review=lambda texts: [])
            assert not planned.issues
            apply(planned)
        known = read_manifest(tmp_path).made_by("resource").items()
        resources = [generation.record["spec"] for name, generation in known if name != "User"]
        faults = run_contract(tmp_path / "backend", resources, f"sqlite+aiosqlite:///{tmp_path / 'contract.db'}")
        with TemporaryDirectory() as folder, open_postgres(Path(folder)) as url:
            return faults + run_contract(tmp_path / "backend", resources, url)

    return drive


def run_contract(home: Path, specs: list[dict[str, Any]], url: str) -> list[str]:
    """What does not hold of the backend in `home` over the database at `url`."""
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": secrets.token_hex(32)}
    run = [sys.executable, "-W", "error"]
    migrated = subprocess.run(
        [*run, "-m", "alembic", "upgrade", "head"], cwd=home, env=environment, capture_output=True
    )
    assert migrated.returncode == 0, migrated.stderr.decode()
    driven = subprocess.run(
        [*run, str(CONTRACT)], cwd=home, env=environment, input=json.dumps(specs).encode(), capture_output=True
    )
    assert driven.returncode == 0, driven.stderr.decode()
    return driven.stdout.decode().split("\n")[:-1]


def test_a_shop_answers_as_its_specs_promise(drive: Drive) -> None:
    assert drive(SHOP, USER) == []


def test_a_backend_with_whole_number_keys_answers_as_its_specs_promise(drive: Drive) -> None:
    user = USER | {"id": "int"}
    note = {
        "name": "Note",
        "fields": "title:str(9) unique",
        "relations": ["author:ref(User) owner", "to:ref(User) back=received"],
        "id": "int",
    }
    assert drive([note], user) == []
