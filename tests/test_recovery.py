"""What was interrupted while it was applied is settled at the next start, whichever door is opened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Dies the moment that the tree has been changed in part: after the first file was put in its place.
DIE_HALF_WAY = """
import os, sys
from pathlib import Path
from layerwise.changes.apply import apply
from layerwise.changes.changeset import Change, ChangeSet
from layerwise.changes import transaction

replace, moved = os.replace, []

def replace_once(source, target, **options):
    if Path(target).suffix == ".py":
        moved.append(target)
        if len(moved) == 2:
            os._exit(9)
    return replace(source, target, **options)

os.replace = replace_once
apply(ChangeSet(Path(sys.argv[1]), tuple(Change(f"{name}.py", None, b"x = 1\\n") for name in "abc")))
"""


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which a process died while it wrote."""
    monkeypatch.setenv("LAYERWISE_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    done = subprocess.run([sys.executable, "-c", DIE_HALF_WAY, str(root)], timeout=60, check=False)
    assert done.returncode == 9
    assert [path.name for path in root.glob("*.py")] == ["a.py"]
    return root


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "layerwise", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["inspect", "review", "guide"])
def test_the_next_command_takes_back_what_was_half_written_and_says_so(interrupted: Path, command: str) -> None:
    done = run(command, "--root", str(interrupted), "--json")
    assert "interrupted" in done.stderr
    assert json.loads(done.stdout)
    assert not list(interrupted.glob("*.py"))
    assert run(command, "--root", str(interrupted)).stderr == ""


def test_the_next_server_takes_it_back_before_it_answers(interrupted: Path) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    done = run("serve", "--root", str(interrupted), stdin=json.dumps(request) + "\n")
    assert len(json.loads(done.stdout)["result"]["tools"]) == 6
    assert "interrupted" in done.stderr
    assert not list(interrupted.glob("*.py"))


def test_files_that_were_edited_since_are_kept_and_the_command_is_answered_all_the_same(interrupted: Path) -> None:
    (interrupted / "a.py").write_text("x = 2\n", encoding="utf-8")
    done = run("inspect", "--root", str(interrupted), "--json")
    assert "a.py" in done.stderr
    assert json.loads(done.stdout)["root"] == os.path.realpath(interrupted)
    assert (interrupted / "a.py").read_text(encoding="utf-8") == "x = 2\n"
