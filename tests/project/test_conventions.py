"""Conventions and the inspection, read from small projects of different shapes."""

import json
from pathlib import Path

import pytest

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.project.conventions import NAMES, read_conventions
from layerwise.project.index import read_project
from layerwise.project.resolution import Place
from layerwise.project.summary import as_dict, as_text, inspect
from layerwise.project.versions import find_versions
from layerwise.project.votes import vote

MODEL = """\
from sqlalchemy.orm import Mapped, mapped_column
from app.db import Base

class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
ROUTER = """\
from fastapi import APIRouter
from app.db import SessionDep
from app.schemas.{table} import {name}Create, {name}Read

router = APIRouter(prefix="/{table}")

@router.post("")
async def create(data: {name}Create, session: SessionDep) -> {name}Read: ...

@router.get("/{{id}}")
async def read(id: int, session: SessionDep) -> {name}Read: ...
"""
SCHEMA = """\
from pydantic import BaseModel

class {name}Create(BaseModel):
    name: str

class {name}Read(BaseModel):
    id: int
"""
DB = """\
from typing import Annotated
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass

SessionLocal = async_sessionmaker()

async def get_session():
    async with SessionLocal() as session:
        yield session
        await session.commit()

SessionDep = Annotated[AsyncSession, Depends(get_session)]
"""
MAIN = """\
from fastapi import FastAPI
from app.api import users, posts

app = FastAPI()
app.include_router(users.router)
app.include_router(posts.router)
"""
TESTS = """\
import pytest

@pytest.fixture
async def client() -> AsyncClient: ...

@pytest.mark.anyio
async def test_users(client): ...
"""
PYPROJECT = """\
[project]
dependencies = ["fastapi>=0.121", "sqlalchemy==2.0.51"]

[tool.ruff]
line-length = 100
"""
REVISION = 'revision = "{own}"\ndown_revision = {below}\n'


@pytest.fixture
def layered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backend by layers, with two resources."""
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    files = {
        "app/__init__.py": "",
        "app/db.py": DB,
        "app/main.py": MAIN,
        "tests/conftest.py": TESTS,
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/versions/1.py": REVISION.format(own="aa", below="None"),
        "migrations/versions/2.py": REVISION.format(own="bb", below='"aa"'),
        "pyproject.toml": PYPROJECT,
        "requirements.txt": "fastapi==0.165.0\n",
    }
    for name, table in (("User", "users"), ("Post", "posts")):
        files[f"app/models/{table}.py"] = MODEL.format(name=name, table=table)
        files[f"app/api/{table}.py"] = ROUTER.format(name=name, table=table)
        files[f"app/schemas/{table}.py"] = SCHEMA.format(name=name, table=table)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def test_a_layered_backend_shows_its_habits_with_evidence(layered: Path) -> None:
    conventions = read_conventions(read_project(layered))
    found = {name: convention.value for name, convention in conventions.by_name.items()}
    expected = {
        "package-root": "app",
        "layout": "layer",
        "imports": "absolute",
        "base": "app.db.Base",
        "base-kind": "DeclarativeBase",
        "mapping-style": "Mapped",
        "primary-key-type": "int",
        "table-name": "plural",
        "session-dependency": "app.db.get_session",
        "session-form": "alias SessionDep",
        "session-kind": "async",
        "transaction-owner": "dependency",
        "alembic-config": "alembic.ini",
        "alembic-versions": "migrations/versions",
        "alembic-heads": "bb",
        "schema-create": "{}Create",
        "schema-response": "{}Read",
        "router-aggregator": "app/main.py",
        "router-prefix": "router",
        "tests-folder": "tests",
        "client-fixture": "client (async)",
        "async-tests": "pytest.mark.anyio",
        "line-length": "100",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert set(found) <= set(NAMES)
    for convention in conventions.by_name.values():
        assert 0 < convention.confidence <= 1
        assert all((layered / place.path).is_file() for place in convention.evidence)


def test_files_of_a_feature_that_stand_together_are_a_feature_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    for feature in ("users", "posts", "tags"):
        for file in ("router.py", "models.py", "service.py", "schemas.py"):
            (tmp_path / "p" / "app" / feature).mkdir(parents=True, exist_ok=True)
            (tmp_path / "p" / "app" / feature / file).write_text("x = 1\n")
    conventions = read_conventions(read_project(tmp_path / "p"))
    assert conventions.value("layout") == "feature"


def test_votes_that_disagree_are_not_sure() -> None:
    split = vote("x", [("a", Place("f.py", 1)), ("b", Place("f.py", 2)), ("a", Place("f.py", 3))])
    assert split is not None
    assert (split.value, split.votes_for, split.votes_against) == ("a", 2, 1)
    assert split.confidence < 0.7
    assert vote("x", []) is None


def test_the_projects_own_word_is_the_last(layered: Path) -> None:
    (layered / ".layerwise").mkdir()
    (layered / ".layerwise" / "conventions.toml").write_text("layout = 'feature'\n")
    assert read_conventions(read_project(layered)).by_name["layout"].value == "feature"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("layuot = 'feature'", UnknownNameError, "Did you mean 'layout'"),
        ("layout = 3", InvalidInputError, "must be a string"),
        ("layout =", InvalidInputError, "cannot be read"),
    ],
)
def test_a_wrong_word_is_refused_with_the_way_out(
    layered: Path, text: str, error: type[Exception], message: str
) -> None:
    (layered / ".layerwise").mkdir()
    (layered / ".layerwise" / "conventions.toml").write_text(text)
    with pytest.raises(error, match=message):
        read_conventions(read_project(layered))


def test_a_locked_version_is_surer_than_a_declared_one(layered: Path) -> None:
    versions = find_versions(layered)
    assert (versions["fastapi"].number, versions["fastapi"].exact) == ("0.165.0", True)
    assert versions["fastapi"].parts == (0, 165, 0)
    assert versions["sqlalchemy"].source == "pyproject.toml"


def test_lock_files_and_environments_tell_versions(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "Fast_API"\nversion = "0.121.0"\n')
    (tmp_path / ".venv/lib/python3.13/site-packages/sqlalchemy-2.1.9.dist-info").mkdir(parents=True)
    (tmp_path / "poetry.lock").write_text("not toml [")
    found = find_versions(tmp_path)
    assert (found["fast-api"].number, found["sqlalchemy"].number) == ("0.121.0", "2.1.9")


def test_the_summary_comes_first_and_lists_what_there_is(layered: Path) -> None:
    facts = as_dict(inspect(layered))["facts"]
    assert facts["counts"] == {"routes": 4, "models": 2, "schemas": 4, "tests": 1}
    assert facts["resources"] == ["/posts (2)", "/users (2)"]
    assert facts["versions"]["fastapi"] == "0.165.0"


def test_routes_are_listed_with_full_path_handler_and_place(layered: Path) -> None:
    routes = as_dict(inspect(layered, section="routes"))["facts"]["routes"]
    assert routes[0] == {
        "route": "POST /posts",
        "handler": "create",
        "at": "app/api/posts.py:8",
        "response": "PostRead",
    }


def test_the_layer_graph_marks_imports_that_go_up(layered: Path) -> None:
    (layered / "app/models/tags.py").write_text("from app.api.users import router\n")
    facts = as_dict(inspect(layered, section="layers"))["facts"]
    assert "model -. 1 up .-> endpoint" in facts["mermaid"]
    assert facts["upward_imports"] == ["app/models/tags.py:1: model imports endpoint"]


def test_text_and_data_carry_the_same_facts_within_the_budget(layered: Path) -> None:
    for section in ("summary", "routes", "models", "layers", "conventions"):
        found = inspect(layered, section=section)
        data, text = as_dict(found, 300), as_text(found, 300)
        whole = json.dumps(as_dict(found))
        assert len(json.dumps(data)) <= max(1200, len(whole) // 2) or section == "summary"
        for name, value in data["facts"].items():
            if isinstance(value, list) and len(value) < len(found.facts[name]):
                assert f"{name}: {len(value)} of {len(found.facts[name])} shown" in text


def test_what_was_not_read_is_said(layered: Path) -> None:
    (layered / "app/broken.py").write_bytes(b"\xff\xfe\x00")
    (layered / "node_modules").mkdir()
    notices = inspect(layered).notices
    assert any("app/broken.py" in notice for notice in notices)
    assert "Not read (installed packages): node_modules" in notices


def test_an_unknown_section_names_the_nearest(layered: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'routes'"):
        inspect(layered, section="route")


def test_an_empty_folder_is_a_project_without_anything(tmp_path: Path) -> None:
    facts = as_dict(inspect(tmp_path))["facts"]
    assert facts["counts"] == {"routes": 0, "models": 0, "schemas": 0, "tests": 0}
    assert facts["conventions"] == {}
