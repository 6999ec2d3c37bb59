import json
from collections.abc import Callable
from textwrap import dedent

import pytest

from layerwise.detect.context import Detection

Detect = Callable[..., Detection]
Fired = Callable[..., set[str]]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from fastapi import APIRouter as R\nbooks = R()\n@books.get('/books')\ndef list_books(): ...\n", {"route"}),
        ("from fastapi import FastAPI\napi = FastAPI()\n@api.post('/x')\ndef make(): ...\n", {"route"}),
        ("def page(size: int = Query(10, le=100)): ...\n", {"route"}),
        ("from sqlalchemy.orm import DeclarativeBase\nclass B(DeclarativeBase): ...\nclass User(B): ...\n", {"model"}),
        ("from app.db import Base\nclass User(Base):\n    __tablename__ = 'users'\n", {"model"}),
        (
            "import sqlalchemy as sa\nfrom alembic import op\ndef upgrade(): op.add_column('u', sa.Column('x'))\n",
            {"model"},
        ),
        ("def find(db: Session, key: int): return db.query(User).get(key)\n", {"model"}),
        ("import pydantic\nclass Item(pydantic.BaseModel):\n    name: str\n", {"schema"}),
        ("class Base(BaseModel): ...\nclass Item(Base):\n    name: str\n", {"schema"}),
        ("class UserCreate(UserBase):\n    password: str\n", {"schema"}),
        ("import asyncio\nasync def run(): await asyncio.gather(a(), b())\n", {"async"}),
        ("import time\nasync def run(): time.sleep(1)\n", {"async"}),
    ],
)
def test_code_fires_by_what_its_names_resolve_to(fired: Fired, code: str, names: set[str]) -> None:
    assert fired(code=code) == names


@pytest.mark.parametrize(
    "code",
    [
        "# class Item(BaseModel): @router.get('/x')\n",
        "TEXT = '''\nclass Item(BaseModel):\n    name: str\n'''\n",
        "from pydantic import Field\nfrom pydantic_settings import *\nclass S(BaseSettings):\n    x: int = Field()\n",
        "from sqlmodel import Field, SQLModel\nclass Hero(SQLModel, table=True):\n    name: str = Field(index=True)\n",
        "from flask import Flask\napp = Flask(__name__)\n@app.get('/x')\ndef x(): ...\n",
        "from django.db import models\nclass User(models.Model):\n    name = models.CharField()\n",
        "from ninja import Router\nrouter = Router()\n@router.get('/x')\ndef x(request): ...\n",
        "from tortoise.models import Model\nclass User(Model): ...\n",
        "import pytest\nfrom pydantic import BaseModel\nclass Item(BaseModel): ...\n",
        "def test_item():\n    class Item(BaseModel): ...\n",
        "from torch import nn\nclass Model(nn.Module): ...\n",
        "import time\ndef run(): time.sleep(1)\n",
        "async def run(): await other()\n",
        "from dataclasses import dataclass\n@dataclass\nclass Item:\n    name: str\n",
        "from fastapi import APIRouter\nfrom pydantic import BaseModel\n",
    ],
)
def test_what_only_looks_like_the_stack_is_silent(fired: Fired, code: str) -> None:
    assert fired(code=code) == set()


@pytest.mark.parametrize(
    "code",
    [
        "class Item(BaseModel):\n    name: st",
        "class Item(BaseModel):",
        "import (\n\nclass Item(BaseModel):\n    name: str = Field(\n",
        "    class Config:\n        pass\n\n    name: str = Field(max_length=3)\n",
        "x = [1,\n2\nclass Item(BaseModel):\n    name: str\n",
    ],
)
def test_half_typed_code_is_read_as_far_as_it_goes(fired: Fired, code: str) -> None:
    assert fired(code=code) == {"schema"}


def test_a_half_typed_decorator_and_signature_fire(fired: Fired) -> None:
    assert fired(
        code="@router.post(\n    '/orders',\n    status_code=201,\n)\nasync def create(\n    order: Order,\n"
    ) == {"route"}


def test_evidence_quotes_the_line_with_its_offset(detect: Detect) -> None:
    code = "s = 'é🚀'\r\n\r\nclass Item(BaseModel):\r\n    name: str\r\n"
    (evidence,) = detect(code=code).matches[0].evidence
    assert evidence == ("code", code.index("class"), code.index(":") + 1, "class Item(BaseModel):")
    assert code[evidence.start : evidence.end] == evidence.text


def test_the_code_cells_of_a_notebook_are_read(detect: Detect) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["class Note(BaseModel):"]},
        {"cell_type": "code", "source": ["class Item(BaseModel):\n", '    name: str = "x"\n']},
    ]
    notebook = json.dumps({"cells": cells}, indent=1)
    found = detect(code=notebook, path="explore.ipynb")
    assert [item.name for item in found.matches] == ["schema"]
    evidence = found.matches[0].evidence[0]
    assert notebook[evidence.start : evidence.end] == evidence.text == "class Item(BaseModel):"


def test_code_given_alone_leads_to_a_review_of_it(detect: Detect) -> None:
    code = "class Item(BaseModel):\n    name: str\n"
    call = detect(code=code, path="app/schemas/item.py").next_call
    assert call is not None
    assert (call.tool, call.arguments) == ("review_code", {"code": code, "path": "app/schemas/item.py"})


def make_diff(*lines: str, path: str = "app/items.py", head: str = "") -> str:
    return "\n".join((f"--- a/{path}", f"+++ b/{path}", f"@@ -1,9 +1,9 @@{head}", *lines, ""))


def test_added_lines_fire_and_context_and_deleted_lines_do_not(fired: Fired) -> None:
    assert fired(diff=make_diff("+class Item(BaseModel):", "+    name: str")) == {"schema"}
    assert fired(diff=make_diff(" class Item(BaseModel):", "     name: str", "+", "+# note")) == set()
    assert fired(diff=make_diff("-class Item(BaseModel):", "-    name: str", "+x = 1")) == set()


def test_a_field_added_to_a_class_in_the_heading_fires(fired: Fired) -> None:
    assert fired(diff=make_diff("     name: str", "+    size: int", head=" class Item(BaseModel):")) == {"schema"}


def test_an_added_argument_inside_a_call_fires(fired: Fired) -> None:
    lines = ("     phone = Column(", "         String(20),", "+        nullable=False,", "     )")
    assert fired(diff=make_diff(*lines)) == {"model"}


def test_a_changed_body_of_a_handler_is_not_a_changed_route(fired: Fired) -> None:
    lines = (" @router.get('/x')", " def read():", "-    return 1", "+    return 2")
    assert fired(diff=make_diff(*lines)) == set()
    lines = (" @router.get('/x')", "-def read():", "+def read(size: int):", "     return 1")
    assert fired(diff=make_diff(*lines)) == {"route"}


def test_each_file_of_a_diff_is_judged_by_its_own_path(fired: Fired) -> None:
    schema = make_diff("+class Item(BaseModel):", "+    name: str", path="tests/items.py")
    route = make_diff("+@router.get('/x')", "+def read(): ...", path="app/api.py")
    other = make_diff("+class User(Base):", "+    __tablename__ = 'users'", path="notes.md")
    assert fired(diff=schema + route + other) == {"route"}


def test_a_rename_with_changes_is_judged_by_the_new_path(fired: Fired) -> None:
    renamed = dedent("""\
        diff --git a/tests/items.py b/app/items.py
        similarity index 80%
        rename from tests/items.py
        rename to app/items.py
        --- a/tests/items.py
        +++ b/app/items.py
        @@ -1,1 +1,2 @@
        +class Item(BaseModel):
        +    name: str
        """)
    assert fired(diff=renamed) == {"schema"}
    assert fired(diff=renamed.replace("b/app/", "b/tests/").replace("to app/", "to tests/")) == set()


def test_a_deleted_file_is_silent(fired: Fired) -> None:
    deleted = "--- a/app/items.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-class Item(BaseModel):\n-    name: str\n"
    assert fired(diff=deleted) == set()


def test_diff_evidence_quotes_the_diff(detect: Detect) -> None:
    diff = make_diff(" import x", "+", "+class Item(BaseModel):", "+    name: str")
    evidence = detect(diff=diff).matches[0].evidence[0]
    assert diff[evidence.start : evidence.end] == evidence.text == "class Item(BaseModel):"


def test_what_an_except_clause_catches_fires_though_its_try_stands_above_the_hunk(fired: Fired) -> None:
    caught = (
        "             continue",
        "+        except (GeneratorExit, asyncio.CancelledError):",
        "+            return",
    )
    assert fired(diff=make_diff(*caught)) == {"async"}
    assert fired(diff=make_diff(*(line.replace("asyncio.CancelledError", "ValueError") for line in caught))) == set()


def test_a_hunk_that_begins_inside_a_docstring_is_read_behind_it(fired: Fired) -> None:
    lines = ('     The size, e.g. "100".', '     """', " ", "+    parts: Optional[Part] = None")
    assert fired(diff=make_diff(*lines, head=" class Status(BaseModel):")) == {"schema"}
    assert fired(diff=make_diff(*lines, head=" class Status:")) == set()
