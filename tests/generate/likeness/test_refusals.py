"""What cannot be made in a project's own style is refused with the reason and what to do instead; doubts are told."""

import shutil
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from layerwise.changes.changeset import ChangeSet
from layerwise.errors import InvalidInputError
from layerwise.generate.likeness.encoding import encode_source
from layerwise.generate.likeness.plan import find_home, plan_likeness
from layerwise.generate.plan import plan
from layerwise.generate.reader import parse

PROJECTS = Path(__file__).parents[2] / "projects"
WISH = "subject:str(80), rank:int, project:ref(Project)"

MODEL = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Project(Base):
    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
ROUTES = """
from fastapi import APIRouter

router = APIRouter()

@router.get("/projects")
def list_projects() -> list[str]:
    return []
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(
            PROJECTS / "crud_functions", tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    )


def write(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = root / "app" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def ask(root: Path, fields: str = WISH, *, name: str = "Comment", exemplar: str = "") -> ChangeSet:
    home = find_home(root)
    assert home is not None
    return plan_likeness(home, root, parse(name, fields), {"exemplar": exemplar} if exemplar else {})


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (
            {
                "models": "from tortoise import fields, models\n\nclass Item(models.Model):\n    id = fields.IntField()\n"
            },
            "Tortoise ORM",
        ),
        (
            {
                "routers": "from fastapi import APIRouter\n\nrouter = APIRouter()\n\nclass Items:\n"
                '    @router.get("/items")\n    def read(self) -> None: ...\n',
                "models": MODEL,
            },
            "methods of controller classes",
        ),
        (
            {"routers": f"from dependency_injector.wiring import inject\n{ROUTES}", "models": MODEL},
            "Dependency Injector",
        ),
    ],
)
def test_a_way_that_is_not_written_is_refused_with_the_reason_and_what_to_do_instead(
    tmp_path: Path, texts: dict[str, str], reason: str
) -> None:
    answer = ask(write(tmp_path / "other", **texts), "name:str(80)")

    assert answer.changes == ()
    (issue,) = answer.issues
    assert reason in issue
    assert "layerwise inspect" in issue
    assert "layerwise review" in issue


def test_a_project_without_a_complete_resource_is_told_to_write_the_first_by_hand(tmp_path: Path) -> None:
    answer = ask(write(tmp_path / "young", models=MODEL, routers=ROUTES), "name:str(80)")

    assert answer.changes == ()
    assert "no resource whose way could be followed" in answer.issues[0]
    assert "layerwise guide layers" in answer.issues[0]


def test_an_unknown_exemplar_is_answered_with_those_that_there_are(root: Path) -> None:
    answer = ask(root, exemplar="Nothing")

    assert answer.changes == ()
    assert "Nothing is no resource" in answer.issues[0]
    assert "There are: Task." in answer.issues[0]


def test_a_reference_to_no_model_is_answered_with_the_models_that_there_are(root: Path) -> None:
    answer = ask(root, "subject:str(80), planet:ref(Planet)")

    assert answer.changes == ()
    assert "refers to Planet" in answer.issues[0]
    assert "Project" in answer.issues[0]


def test_a_collection_is_refused_with_the_reference_that_does_the_same(root: Path) -> None:
    answer = ask(root, "subject:str(80), projects:m2m(Project)")

    assert answer.changes == ()
    assert "m2m is not written in a project's own style yet" in answer.issues[0]
    assert "give Project a reference to Comment" in answer.issues[0]


def test_a_file_that_is_in_the_way_is_left_alone_and_named(root: Path) -> None:
    (root / "app" / "crud" / "comment.py").write_text("mine = True\n", encoding="utf-8")

    answer = ask(root)

    assert any("app/crud/comment.py exists with other content" in issue for issue in answer.issues)


def test_a_service_alone_is_refused_where_the_project_has_none_and_what_it_has_is_named(root: Path) -> None:
    answer = plan(root, request=f"create a CommentService with {WISH}", review=lambda texts: ())

    assert answer.changes == ()
    assert "has no service of its own here" in answer.issues[0]
    assert "for what is there: model, schemas, repository, endpoint" in answer.issues[0]


def test_a_repository_alone_comes_with_what_it_imports_and_nothing_above_it(root: Path) -> None:
    answer = plan(root, request=f"create a CommentRepository with {WISH}", review=lambda texts: ())

    paths = {change.path for change in answer.changes}
    assert answer.issues == ()
    assert {"app/crud/comment.py", "app/models/comment.py", "app/schemas/comment.py"} <= paths
    assert not [path for path in paths if "router" in path or "main" in path or "test" in path]
    assert any("imports model, schema" in notice for notice in answer.notices)


def test_a_part_stands_on_what_is_there_already(root: Path) -> None:
    whole = plan(root, name="Comment", fields=WISH, review=lambda texts: ())
    for change in whole.changes:
        if "models" in change.path or "schemas" in change.path:
            (root / change.path).write_bytes(change.after or b"")

    answer = plan(root, request=f"create a CommentRepository with {WISH}", review=lambda texts: ())

    assert answer.issues == ()
    assert {change.path for change in answer.changes} == {"app/crud/comment.py"}


ACCOUNT = """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    password_hash: Mapped[str] = mapped_column()
"""
ACCOUNT_ROUTES = """
@router.get("/users/{user_id}")
def read_user(user_id: int) -> str:
    return ""

@router.post("/users")
def create_user() -> None:
    return None
"""


def test_an_account_is_no_pattern_for_others_unless_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, models=MODEL + ACCOUNT, routers=ROUTES + ACCOUNT_ROUTES)

    answer = ask(tmp_path, "subject:str(80)")

    assert answer.changes == ()
    assert "User (app/models.py:11), which keeps passwords" in answer.issues[0]
    assert "--set exemplar=User" in answer.issues[0]


def test_a_whole_resource_comes_without_that_notice(root: Path) -> None:
    answer = plan(root, name="Comment", fields=WISH, review=lambda texts: ())

    assert answer.issues == ()
    assert not any("was asked for" in notice for notice in answer.notices)


def test_newlines_and_byte_order_mark_of_an_edited_file_stay(root: Path) -> None:
    main = root / "app" / "main.py"
    main.write_bytes(BOM_UTF8 + main.read_bytes().replace(b"\n", b"\r\n"))

    (change,) = (each for each in ask(root).changes if each.path == "app/main.py")

    assert change.after is not None
    assert change.after.startswith(BOM_UTF8)
    assert change.after.count(BOM_UTF8) == 1
    assert change.after.count(b"\n") == change.after.count(b"\r\n")
    assert b"comment" in change.after


@pytest.mark.parametrize("before", ["# coding: latin-1\nname = 'café'\n", "#!/bin/python\n# coding=latin-1\n"])
def test_a_file_in_another_encoding_is_refused_by_name(before: str) -> None:
    with pytest.raises(InvalidInputError, match=r"a\.py is written in latin-1 by its first lines.*Save it as UTF-8"):
        encode_source("a.py", before, before.encode("latin-1"))


def test_bytes_that_are_not_utf_8_are_refused_and_a_utf_8_line_is_not() -> None:
    with pytest.raises(InvalidInputError, match=r"a\.py is written in another encoding"):
        encode_source("a.py", "name = 1\n", "name = 'café'\n".encode("latin-1"))
    text = "# -*- coding: utf-8 -*-\nname = 'café'\n"
    assert encode_source("a.py", text, None) == text.encode()


def test_newlines_of_both_kinds_stay_where_they_are() -> None:
    mixed = "a = 1\r\nb = 2\n"

    assert encode_source("a.py", mixed, mixed.encode()) == mixed.encode()
