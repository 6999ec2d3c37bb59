"""Merging: what changed in generated source is carried over into an edited copy, and edits survive."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.generate.merge import merge

BASE = '''"""Things."""

from decimal import Decimal

from sqlalchemy import String


class Thing(Base):
    """A thing."""

    __tablename__ = "things"

    id: int
    name: str = column(String)


def load(session):
    one()
    two()
'''
GROWN = (
    BASE.replace(
        "    name: str = column(String)\n", "    name: str = column(String)\n    size: int = column(Integer)\n"
    )
    .replace("import String", "import Integer, String")
    .replace("from decimal", "import datetime as dt\nfrom decimal")
    .replace("    two()\n", "    two()\n    three()\n")
)
EDITED = (
    BASE.replace("column(String)", "column(String)  # mine\n    own: int = 3\n\n    # hello\n    def go(self): ...")
    .replace("    one()", "    zero()\n    one()")
    .replace("from sqlalchemy import String", "from sqlalchemy import String\n\nfrom mine import tool")
)


def test_what_grew_is_added_around_what_was_edited() -> None:
    merged = merge(BASE, EDITED, GROWN)
    assert not merged.hunks
    assert "    name: str = column(String)  # mine\n    size: int = column(Integer)\n    own: int = 3\n" in merged.text
    assert "    zero()\n    one()\n    two()\n    three()\n" in merged.text
    assert (
        "import datetime as dt\nfrom decimal import Decimal\n\nfrom sqlalchemy import Integer, String\n" in merged.text
    )


def test_taking_it_back_restores_the_edited_text_byte_for_byte() -> None:
    grown = merge(BASE, EDITED, GROWN).text
    assert merge(GROWN, grown, BASE).text == EDITED


def test_a_second_merge_changes_nothing() -> None:
    grown = merge(BASE, EDITED, GROWN).text
    again = merge(BASE, grown, GROWN)
    assert (again.text, again.hunks) == (grown, ())


def test_newlines_stay_as_they_are() -> None:
    merged = merge(BASE, EDITED.replace("\n", "\r\n"), GROWN)
    assert merged.text == merge(BASE, EDITED, GROWN).text.replace("\n", "\r\n")


def test_lines_that_both_changed_come_back_as_a_hunk() -> None:
    merged = merge(BASE, BASE.replace("    two()\n", "    two()\n    mine()\n"), GROWN)
    (hunk,) = merged.hunks
    assert (hunk.where, hunk.ours.strip(), hunk.theirs.strip()) == ("load", "mine()", "three()")
    assert "as it would become" in str(hunk)


@pytest.mark.parametrize(
    ("ours", "where"),
    [
        (BASE.replace("def load", "def fetch"), "load"),
        (BASE.replace("id: int", "id: int\n    size: str"), "Thing.size"),
    ],
)
def test_a_name_that_was_taken_away_or_taken_is_a_hunk(ours: str, where: str) -> None:
    assert [hunk.where for hunk in merge(BASE, ours, GROWN).hunks] == [where]


def test_what_was_edited_is_not_taken_away() -> None:
    edited = GROWN.replace("size: int = column(Integer)", "size: int = column(Integer, index=True)")
    merged = merge(GROWN, edited, BASE)
    assert [hunk.where for hunk in merged.hunks] == ["Thing.size"]


def test_an_import_that_is_still_used_stays() -> None:
    edited = GROWN.replace("    id: int\n", "    id: int = column(Integer)\n")
    assert "import Integer, String" in merge(GROWN, edited, BASE).text


def test_a_block_for_type_checkers_grows_and_shrinks() -> None:
    block = "if TYPE_CHECKING:\n    from app.user import User\n\n\n"
    own = "if TYPE_CHECKING:\n    from mine import Own\n\n\n"
    with_block, edited = (BASE.replace("class Thing", f"{text}class Thing") for text in (block, own))
    grown = merge(BASE, edited, with_block)
    assert not grown.hunks
    assert "    from app.user import User\n" in grown.text
    assert "    from mine import Own\n" in grown.text
    assert merge(with_block, grown.text, BASE).text == edited


def test_text_that_is_no_python_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="line 1"):
        merge(BASE, "def half(", GROWN)


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5)


@settings(max_examples=60)
@given(NAMES, NAMES, NAMES)
def test_fields_of_both_sides_are_kept_whatever_they_are(base: list[str], ours: list[str], theirs: list[str]) -> None:
    def write(names: list[str]) -> str:
        return "\n".join(["class A:", '    """A."""', "", *(f"    {name}: int" for name in names), ""])

    own = [name for name in ours if name not in theirs]
    mine = [*(name for name in base), *(name for name in own if name not in base)]
    merged = merge(write(base), write(mine), write(theirs))
    (found,) = ast.parse(merged.text).body
    assert isinstance(found, ast.ClassDef)
    names = {ast.unparse(node.target) for node in found.body if isinstance(node, ast.AnnAssign)}
    assert not merged.hunks
    assert names == {*theirs, *(name for name in own if name not in base)}
