"""A new resource comes without what only its exemplar has: rows that refer to it, and who calls what is not there."""

import libcst as cst
import pytest

from layerwise.generate.imports import add_imports
from layerwise.generate.likeness.absent import Absent
from layerwise.generate.likeness.pruning import prune
from layerwise.generate.likeness.sibling import Sibling

ABSENT = Absent(frozenset({"likes"}), frozenset({"Like"}))


def pruned(source: str) -> str:
    return cst.Module([ABSENT.prune(cst.parse_statement(source))]).code.strip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("q = select(Post).options(selectinload(Post.likes)).limit(1)", "q = select(Post).limit(1)"),
        (
            "q = query.options(joinedload(Post.author), joinedload(Post.likes))",
            "q = query.options(joinedload(Post.author), )",
        ),
        ("post = Post(title=title, likes=[])", "post = Post(title=title, )"),
        ("data = {'title': 1, 'likes': []}", "data = {'title': 1, }"),
        ("for name in payload.likes(): pass", "for name in payload.likes(): pass"),
    ],
)
def test_loading_options_and_arguments_of_absent_rows_go(before: str, after: str) -> None:
    assert pruned(before).replace(", )", ")").replace(", }", "}") == after.replace(", )", ")").replace(", }", "}")


def test_a_query_of_absent_rows_is_recognised() -> None:
    assert ABSENT.is_in(cst.parse_statement("q = select(Post).join(Like)"))
    assert not ABSENT.is_in(cst.parse_statement("q = select(Post).join(Author)"))


MODULE = """from app.crud import (
    count_posts,
    read_post,
)
from app.deps import Session

LIMIT = 10


# How many there are.
@router.get("/count")
def count(db: Session) -> int:
    return count_posts(db)


@router.get("/{id}")
def read(db: Session) -> int:
    return read_post(db)


def report(db: Session) -> int:
    return count(db)
"""


def test_what_leans_on_a_missing_name_goes_with_its_import_and_with_all_that_leans_on_it() -> None:
    found = prune(MODULE, {"count_posts"}, set(), set())

    assert found.gone == {"count", "report"}
    assert "count" not in found.text
    assert "    read_post,\n" in found.text
    assert "def read(db: Session)" in found.text


def test_definitions_that_were_there_before_stay() -> None:
    assert prune(MODULE, {"count_posts"}, set(), {"count", "report"}).gone == set()


def test_a_call_that_was_repeated_in_a_definition_that_stays_goes_again() -> None:
    text = "def mount(admin):\n    admin.add_view(PostAdmin)\n    admin.add_view(NoteAdmin)\n"

    assert prune(text, {"NoteAdmin"}, set(), {"mount"}).text == "def mount(admin):\n    admin.add_view(PostAdmin)\n"


def test_a_class_loses_the_methods_that_call_what_is_missing_and_goes_when_it_cannot_be_made() -> None:
    text = "class A:\n    def a(self):\n        return self.db.gone()\n\n    def b(self):\n        return 1\n"
    made = "class B:\n    def __init__(self):\n        self.x = Gone()\n\n    def b(self):\n        return 1\n"

    assert prune(text, set(), {"gone"}, set()).text == "class A:\n\n    def b(self):\n        return 1\n"
    assert prune(made, {"Gone"}, set(), set()).text == ""


def test_text_that_is_no_python_stays() -> None:
    assert prune("def (", {"a"}, set(), set()).text == "def ("


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import (\n    Zeta,\n    Beta\n)\n", "from a import (\n    Zeta,\n    Beta,\n    New\n)\n"),
        ("from a import Zeta, Beta\n", "from a import Zeta, Beta, New\n"),
        ("from a import (\n    Beta,\n    Zeta,\n)\n", "from a import (\n    Beta,\n    New,\n    Zeta,\n)\n"),
    ],
)
def test_a_name_joins_an_import_that_is_laid_out_in_a_way_of_its_own(before: str, after: str) -> None:
    assert add_imports(before, {("a", "New", "")}) == after


def test_an_import_with_a_comment_behind_its_parenthesis_is_repeated() -> None:
    text = "from app.models.post import (  # noqa: F401\n    Post,\n)\n"
    sibling = Sibling(
        concerns=lambda name: "ost" in name,
        rename=lambda name: name.replace("post", "note").replace("Post", "Note"),
        clone=list,
        is_local=lambda node: True,
        defines=False,
    )

    assert "from app.models.note import Note\n" in sibling.edit(cst.parse_module(text)).code
