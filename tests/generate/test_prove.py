"""The quick proof: what is wrong with a draft is found from its texts and becomes an issue."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from layerwise.generate.backend import Backend, Draft
from layerwise.generate.prove import find_undefined, prove_quick


def draft(root: Path, **files: str) -> Draft:
    return Draft(
        Backend(root, "", exists=False), {name.replace("__", "/") + ".py": text for name, text in files.items()}
    )


def issues_of(made: Draft) -> str:
    prove_quick(made, lambda texts: [])
    return "\n".join(made.issues)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app__a": "def f(:\n"}, "Proof by parse failed: app/a.py"),
        ({"app__a": "def f() -> int:\n    return missing\n"}, "missing is not defined"),
        ({"app__a": "from app.b import B\n"}, "app.b.B does not exist"),
        ({"app__a": "from app.b import B\n", "app__b": "C = 1\n"}, "app.b.B does not exist"),
        ({"app__a": "x = 1\n# " + "y" * 130 + "\n"}, "line 2 has 132 characters"),
        ({"app__models__a": "class A: ...\n", "app__models__b": "class A: ...\n"}, "class A stands in app/models/a.py"),
        (
            {
                "app__models__a": "class A:\n    __tablename__ = 'as'\n",
                "app__models__b": "class B:\n    __tablename__ = 'as'\n",
            },
            "table 'as' stands in",
        ),
        (
            {
                f"app__api__v1__endpoints__{name}": (
                    "from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/x')\n\n\n"
                    f"@router.get('/y')\nasync def {name}() -> None: ...\n"
                )
                for name in ("a", "b")
            },
            "route get '/x''/y' stands in",
        ),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, files: dict[str, str], said: str) -> None:
    assert said in issues_of(draft(tmp_path, **files))


def test_a_sound_draft_has_no_issue_and_evidence_of_every_check(tmp_path: Path) -> None:
    made = draft(tmp_path, app__a="from app.b import B\n\nx = B\n", app__b="B = 1\n")
    evidence = prove_quick(made, lambda texts: [])
    assert made.issues == []
    assert evidence["checks"].keys() == {"parse", "names", "imports", "format", "duplicates", "review"}
    assert all(row == {"files": 2, "faults": 0} for row in evidence["checks"].values())


def test_the_review_sees_the_paths_under_the_root_and_its_findings_are_issues(tmp_path: Path) -> None:
    made = Draft(Backend(tmp_path, "backend/", exists=False), {"app/a.py": "x = 1\n", "README.md": "# A\n"})
    prove_quick(made, lambda texts: [f"{path}:1 is bad" for path in texts])
    assert made.issues == ["Proof by review failed: backend/app/a.py:1 is bad"]


def test_a_finding_that_was_there_before_is_no_issue_wherever_it_moves(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/a.py").write_text("bad\n", encoding="utf-8")
    made = Draft(Backend(tmp_path, "", exists=True), {"app/a.py": "x = 1\nbad = x\nbad\n"})

    def find_bad(texts: Mapping[str, str]) -> list[str]:
        rows = [(path, row) for path, text in texts.items() for row in enumerate(text.splitlines(), start=1)]
        return [f"{path}:{number} naming: this is bad" for path, (number, line) in rows if line.startswith("bad")]

    prove_quick(made, find_bad)
    assert made.issues == ["Proof by review failed: app/a.py:3 naming: this is bad"]


def test_names_of_every_scope_are_known() -> None:
    text = (
        "import os\n\ndef f(a: int) -> object:\n    global later\n    later = [b for b in (a, os, len)]\n"
        "    class Inner:\n        c = a\n    return Inner, __name__\n\nx = f\nprint(nowhere, later)\n"
    )
    assert find_undefined(text, "a.py") == ["nowhere"]
