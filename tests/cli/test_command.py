"""The command line as people and CI use it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerwise import __version__
from layerwise.cli.parser import COMMANDS

Run = Callable[..., Any]

SNIPPET = """\
import time


async def wait() -> None:
    time.sleep(1)
"""


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts bytes on standard input."""

    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return put


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert f"layerwise {command}" in done.out
    assert "example" in done.out.lower()


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").out == f"layerwise {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["generat"], "generate"),
        (["guide", "--max-token", "5"], "--max-tokens"),
        (["detect", "--promt", "x"], "--prompt"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest_and_exit_code_2(
    run: Run, arguments: list[str], nearest: str
) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert nearest in done.err
    assert done.out == ""


def test_with_json_nothing_else_goes_to_standard_output(run: Run) -> None:
    for arguments in (
        ["detect", "--prompt", "add an endpoint"],
        ["guide", "sessions"],
        ["inspect"],
        ["generate", "create a UserService"],
        ["review", "."],
        ["rules"],
        ["explain", "sessions"],
        ["explain", "AIO001"],
    ):
        done = run(*arguments, "--json")
        assert done.code == 0, (arguments, done.err)
        assert done.out.count("\n") == 1
        json.loads(done.out)


def test_review_says_by_its_exit_code_whether_it_found_something(run: Run) -> None:
    Path("clean.py").write_text("x = 1\n", encoding="utf-8")
    assert run("review", "clean.py").code == 0
    Path("slow.py").write_text(SNIPPET, encoding="utf-8")
    assert run("review", "slow.py").code == 1
    assert run("review", "missing.py").code == 2


def test_review_reads_code_from_standard_input(run: Run, pipe: Callable[[bytes], None]) -> None:
    pipe(SNIPPET.encode())
    [finding] = json.loads(run("review", "-", "--json").out)["findings"]
    assert (finding["name"], finding["line"], finding["column"]) == ("blocking-call-in-async", 5, 5)


def test_review_reads_a_diff_from_standard_input_and_judges_added_lines_only(
    run: Run, pipe: Callable[[bytes], None]
) -> None:
    lines = SNIPPET.splitlines()
    context = "".join(f" {line}\n" for line in lines[:4])
    pipe(f"--- a/slow.py\n+++ b/slow.py\n@@ -1,4 +1,5 @@\n{context}+{lines[4]}\n".encode())
    done = run("review", "-", "--json")
    assert [finding["line"] for finding in json.loads(done.out)["findings"]] == [5]


def test_the_findings_have_the_shape_of_the_contract(run: Run) -> None:
    Path("slow.py").write_text(SNIPPET, encoding="utf-8")
    answer = json.loads(run("review", "slow.py", "--json").out)
    assert {"findings", "coverage", "errors"} <= answer.keys()
    [finding] = answer["findings"]
    assert {
        "code", "name", "severity", "confidence", "path", "line", "column", "end_line", "end_column", "message",
        "statements", "fix",
    } <= finding.keys()  # fmt: skip
    text = SNIPPET
    for edit in sorted(finding["fix"]["edits"], key=lambda edit: -edit["start"]):
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    assert "await asyncio.sleep(1)" in text
    assert "import asyncio" in text


def test_fixing_writes_the_file_and_undo_takes_it_back(run: Run) -> None:
    slow = Path("slow.py")
    slow.write_text(SNIPPET, encoding="utf-8")
    run("review", "slow.py", "--fix", "--unsafe-fixes")
    assert "asyncio.sleep" in slow.read_text(encoding="utf-8")
    assert run("review", "slow.py").code == 0
    assert run("undo").code == 0
    assert slow.read_text(encoding="utf-8") == SNIPPET
    assert [path.name for path in Path.cwd().iterdir()] == ["slow.py"]


def test_generate_previews_until_it_is_told_to_apply(run: Run) -> None:
    preview = json.loads(run("generate", "create a UserService", "--json").out)
    assert preview["applied"] is False
    assert {"path", "added"} <= preview["files"][0].keys()
    assert not list(Path.cwd().iterdir())
    assert run("apply", preview["id"]).code == 0
    assert Path("backend/app/services/user.py").is_file()
    assert run("undo", preview["id"]).code == 0
    assert not list(Path.cwd().iterdir())


def test_generating_the_same_twice_changes_nothing(run: Run) -> None:
    first = json.loads(run("generate", "create a UserService", "--apply", "--json").out)
    assert first["applied"]
    again = json.loads(run("generate", "create a UserService", "--apply", "--json").out)
    assert again["files"] == []
    assert again["applied"] is False


def test_an_edited_file_is_not_overwritten(run: Run) -> None:
    preview = json.loads(run("generate", "create a UserService", "--json").out)
    Path("backend/app/services").mkdir(parents=True)
    mine = Path("backend/app/services/user.py")
    mine.write_text("# mine\n", encoding="utf-8")
    done = run("apply", preview["id"])
    assert done.code == 2
    assert "backend/app/services/user.py" in done.err
    assert mine.read_text(encoding="utf-8") == "# mine\n"


def test_fields_that_nobody_told_are_asked_for_with_a_proposal(run: Run) -> None:
    done = run("generate", "create an InvoiceService")
    assert done.code == 2
    assert "Invoice(" in done.err
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "not UTF-8"), (b"[1, 2]", "one object"), (b"{unclosed", "neither JSON nor YAML")],
)
def test_a_broken_spec_file_is_named_with_its_fault(run: Run, content: bytes, said: str) -> None:
    Path("spec.json").write_bytes(content)
    done = run("generate", "--spec", "spec.json")
    assert done.code == 2
    assert said in done.err


def test_a_spec_file_makes_the_same_as_its_words(run: Run) -> None:
    run("generate", "create a UserService", "--apply")
    spec = {"name": "Invoice", "fields": ["number:str(20) unique", "total:decimal(10,2) ge=0"]}
    Path("spec.json").write_text(json.dumps(spec), encoding="utf-8")
    from_file = json.loads(run("generate", "--spec", "spec.json", "--json").out)
    from_words = json.loads(
        run("generate", "Invoice", "--fields", "number:str(20) unique, total:decimal(10,2) ge=0", "--json").out
    )
    assert from_file["id"] == from_words["id"]


def test_a_missing_root_is_said_in_one_line(run: Run) -> None:
    done = run("inspect", "--root", "nowhere")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "nowhere" in done.err
