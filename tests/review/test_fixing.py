"""Fixes as a change set: proved, settled, and byte for byte the same elsewhere."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.review.edits import apply_edits, choose_fixes
from layerwise.review.finding import Edit, Finding, Fix, Span
from layerwise.review.fixing import fix
from layerwise.review.run import review

ROOT = Path("unused")
MESSY = (
    "\ufeff# -*- coding: utf-8 -*-\r\n"
    "import time   # the clock\r\n"
    "from sqlalchemy.ext.asyncio import AsyncSession\r\n"
    "\r\n"
    "\r\n"
    "async def wait( session:AsyncSession )->None :\r\n"
    "\ttime.sleep( 1 )  # Größe, 😀\r\n"
    "\tsession.commit()\r\n"
    "\tstamp = time.time( )\r\n"
)


def fixed(text: str, *, unsafe: bool = False, path: str = "app/jobs.py") -> str:
    changes = fix(review(texts={path: text}), ROOT, unsafe=unsafe).changes
    return changes[0].after.decode() if changes and changes[0].after is not None else text


def test_a_fix_keeps_mark_newlines_tabs_comments_and_spaces_elsewhere() -> None:
    assert fixed(MESSY) == (
        MESSY.replace("\ttime.sleep( 1 )", "\tawait asyncio.sleep( 1 )")
        .replace("\tsession.commit()", "\tawait session.commit()")
        .replace("import time   # the clock\r\n", "import asyncio\r\nimport time   # the clock\r\n")
    )


def test_a_second_fix_changes_nothing() -> None:
    once = fixed(MESSY)
    assert fixed(once) == once


def test_unsafe_fixes_are_made_only_when_asked_for_and_said_to_wait_otherwise() -> None:
    text = "import subprocess\n\n\nasync def build() -> None:\n    subprocess.run(['make'])\n"
    change_set = fix(review(texts={"app/build.py": text}), ROOT)
    assert change_set.changes == ()
    assert any("unsafe fix" in notice for notice in change_set.notices)
    assert "await asyncio.to_thread(subprocess.run, ['make'])" in fixed(text, unsafe=True)


def test_fixes_that_meet_are_made_one_after_the_other() -> None:
    text = (
        "from sqlalchemy import select\n\n\nasync def load(session: AsyncSession) -> list[User]:\n"
        "    return session.execute(select(User).where(User.name is None)).scalars().all()\n"
    )
    result = fixed(text)
    assert "(await session.execute(select(User).where(User.name.is_(None)))).scalars().all()" in result


def test_a_change_set_says_what_was_fixed_and_what_is_left() -> None:
    text = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n    time.sleep(2)\n"
    change_set = fix(review(texts={"app/jobs.py": text}), ROOT)
    assert change_set.evidence["fixed"] == {"blocking-call-in-async": 2}
    assert change_set.warnings == ()
    assert [change.path for change in change_set.changes] == ["app/jobs.py"]


def _finding(*edits: Edit) -> Finding:
    fix_ = Fix(edits, safe=True, reason="")
    return Finding("AAA001", "a-name", "error", "high", "a.py", Span(1, 1, 1, 1), "", "", fix=fix_)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Edit("a.py", 0, 3, "x"), Edit("a.py", 3, 5, "y"), True),
        (Edit("a.py", 0, 3, "x"), Edit("a.py", 2, 5, "y"), False),
        (Edit("a.py", 0, 3, "x"), Edit("b.py", 0, 3, "y"), True),
        (Edit("a.py", 0, 0, "import a\n"), Edit("a.py", 0, 0, "import b\n"), True),
        (Edit("a.py", 4, 4, "await "), Edit("a.py", 4, 4, "("), False),
        (Edit("a.py", 2, 2, "x"), Edit("a.py", 1, 3, "y"), False),
        (Edit("a.py", 0, 0, "import a\n"), Edit("a.py", 0, 0, "import a\n"), True),
    ],
)
def test_only_edits_that_touch_the_same_characters_conflict(one: Edit, other: Edit, together: bool) -> None:
    winners, losers = choose_fixes([_finding(one), _finding(other)])
    assert (len(winners), len(losers)) == ((2, 0) if together else (1, 1))


@settings(max_examples=60)
@given(st.text(max_size=60), st.data())
def test_edits_replace_what_they_name_and_leave_the_rest(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [Edit("a.py", start, end, f"<{number}>") for number, (start, end) in enumerate(pairs)]
    kept = [
        text[end:start]
        for end, start in zip([0, *(p[1] for p in pairs)], [*(p[0] for p in pairs), len(text)], strict=True)
    ]
    expected = kept[0] + "".join(f"<{number}>{rest}" for number, rest in enumerate(kept[1:]))
    assert apply_edits(text, reversed(edits)) == expected


LAZY = {
    "app/db.py": "async def save() -> None:\n    return None\n\n\nasync def load() -> int:\n    return 1\n",
    "app/jobs.py": "from app.db import load, save\n\n\nasync def run() -> None:\n    save()\n    load()\n",
}


@pytest.mark.parametrize("in_a_tree", [True, False])
def test_the_fix_of_a_project_rule_is_proved_with_the_project(tmp_path: Path, in_a_tree: bool) -> None:
    for path, text in LAZY.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    reviewed = review(["."], root=tmp_path) if in_a_tree else review(texts=LAZY)
    assert reviewed.totals == {"unawaited-coroutine": 2}
    changed = fix(reviewed, tmp_path, unsafe=True)
    assert changed.evidence["fixed"] == {"unawaited-coroutine": 2}
    assert [change.path for change in changed.changes] == ["app/jobs.py"]
    assert reviewed.again({**LAZY, "app/jobs.py": changed.changes[0].after.decode()}, ["app/jobs.py"]) == ()


def test_a_fix_after_which_a_project_rule_finds_more_is_left_out_and_named() -> None:
    reviewed = review(texts=LAZY)
    harmful = "from app.db import load, save\n\n\nasync def run() -> None:\n    save()\n    load()\n    load()\n"
    text = LAZY["app/jobs.py"]
    worse = tuple(
        replace(each, fix=Fix((Edit("app/jobs.py", 0, len(text), harmful),), safe=True, reason=""))
        for each in reviewed.findings[:1]
    )
    changed = fix(replace(reviewed, findings=worse), ROOT)
    assert changed.changes == ()
    [warning] = changed.warnings
    assert "unawaited-coroutine" in warning
