"""A hook never breaks a session: whatever comes in, it is silent, ends with 0, and says in its log why."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.hook.edits import diff_edit, read_edits
from layerwise.hook.mode import MODES, read_mode

ROUTE = "add an endpoint that lists invoices"
SLIP = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"prompt": "\\ud800"}',
        b"NaN",
        b" " * 8_000_001,
    ],
    ids=["nothing", "half", "array", "null", "text", "bytes", "nested", "deep", "surrogate", "number", "huge"],
)
def test_hostile_input_is_met_with_silence(hook: Any, sent: bytes) -> None:
    told = hook("prompt", sent)
    assert (told.code, told.out, told.err) == (0, b"", "")


@pytest.mark.parametrize(
    ("moment", "event"),
    [
        ("prompt", {"prompt": 3}),
        ("prompt", {"prompt": ["add an endpoint"]}),
        ("prompt", {}),
        ("edit", {"tool_input": 3}),
        ("edit", {"tool_input": {"file_path": ["a.py"]}}),
        ("edit", {"tool_input": {"command": "*** Begin Patch\n*** Update File:"}}),
        ("edit", {"cwd": 5, "workspace_roots": [7]}),
        ("stop", {"cwd": "/does/not/exist"}),
        ("stop", {"cwd": "\0"}),
    ],
)
def test_events_of_another_shape_are_met_with_silence(hook: Any, moment: str, event: dict[str, Any]) -> None:
    hook.write("a.py", SLIP)
    told = hook(moment, event)
    assert (told.code, told.out, told.err) == (0, b"", "")


def test_the_log_says_when_where_and_why_in_a_line(hook: Any) -> None:
    hook("prompt", b"{")
    log = hook("prompt", {"prompt": "x\ny"}, host="emacs").log.splitlines()
    assert len(log) == 2
    assert "hook prompt --host claude-code: JSONDecodeError" in log[0]
    assert "No host with hooks is called 'emacs'" in log[1]


def test_a_log_that_grew_long_begins_anew(hook: Any) -> None:
    hook.cache.mkdir()
    (hook.cache / "hooks.log").write_text("x" * 300_000, encoding="utf-8")
    assert len(hook("prompt", b"{").log) < 1000


@pytest.mark.parametrize("words", [[], ["prompt", "--host"], ["promt"], ["prompt", "edit", "--host", "codex", "x"]])
def test_words_that_are_no_hook_do_not_break_a_session_either(hook: Any, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "layerwise", "hook", *words],
        input=b"{}",
        capture_output=True,
        env=hook.environment,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert "hook" in (hook.cache / "hooks.log").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are closed by a shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_descriptors_do_not_break_a_session(hook: Any, closed: str) -> None:
    event = json.dumps({"prompt": ROUTE})
    line = f"'{sys.executable}' -m layerwise hook prompt {closed}"
    assert subprocess.run(["sh", "-c", line], input=event.encode(), env=hook.environment, check=False).returncode == 0


def test_a_cache_folder_that_cannot_be_written_does_not_break_a_session(hook: Any) -> None:
    hook.cache.write_text("a file, where a folder should be", encoding="utf-8")
    assert hook("prompt", {"prompt": ROUTE}).out
    assert hook("prompt", b"{")[:3] == (0, b"", "")


OFF = {"cwd": "", "prompt": ROUTE}


@pytest.mark.parametrize("moment", ["prompt", "edit", "stop"])
@pytest.mark.parametrize("way", ["variable", "settings", "pyproject"])
def test_off_is_off_at_once(hook: Any, moment: str, way: str) -> None:
    path = hook.write("a.py", SLIP)
    hook.commit()
    hook.write("a.py", SLIP + "\n\n" + SLIP)
    event = {"prompt": ROUTE, "tool_input": {"file_path": path, "content": ""}}
    assert hook(moment, event).out
    if way == "settings":
        hook.write(".layerwise/settings.toml", 'hooks = "off"\n')
    if way == "pyproject":
        hook.write("pyproject.toml", '[tool.layerwise]\nhooks = "off"\n')
    hook.write("b.py", SLIP)
    environment = {"LAYERWISE_HOOKS": "off"} if way == "variable" else {}
    assert hook(moment, event, **environment) == (0, b"", "", "")


def test_what_is_nearer_to_the_user_decides(tmp_path: Path) -> None:
    assert read_mode(str(tmp_path), {}) == "auto"
    (tmp_path / "pyproject.toml").write_text('[tool.layerwise]\nhooks = "suggest"\n', encoding="utf-8")
    assert read_mode(str(tmp_path), {}) == "suggest"
    (tmp_path / ".layerwise").mkdir()
    (tmp_path / ".layerwise" / "settings.toml").write_text('hooks = "off"\n', encoding="utf-8")
    assert read_mode(str(tmp_path), {}) == "off"
    assert read_mode(str(tmp_path), {"LAYERWISE_HOOKS": " AUTO "}) == "auto"
    assert read_mode(str(tmp_path), {"LAYERWISE_HOOKS": ""}) == "off"


@pytest.mark.parametrize("text", ['hooks = "of"', "hooks = 3", "hooks = [", "\xff = hooks"])
def test_settings_that_say_no_mode_are_silence(hook: Any, text: str) -> None:
    (hook.root / ".layerwise").mkdir()
    (hook.root / ".layerwise" / "settings.toml").write_bytes(text.encode("latin-1"))
    told = hook("prompt", {"prompt": ROUTE})
    assert (told.code, told.out, told.err) == (0, b"", "")
    assert told.log


def test_a_mode_that_does_not_exist_is_logged_with_those_that_do(hook: Any) -> None:
    log = hook("prompt", {"prompt": ROUTE}, LAYERWISE_HOOKS="of").log
    assert "Did you mean 'off'" in log
    assert all(mode in log for mode in MODES)


def test_the_folder_that_the_host_names_is_the_project(hook: Any, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet"
    (quiet / ".layerwise").mkdir(parents=True)
    (quiet / ".layerwise" / "settings.toml").write_text('hooks = "off"\n', encoding="utf-8")
    event = {"prompt": ROUTE}
    assert hook("prompt", event, CLAUDE_PROJECT_DIR=str(quiet)).out == b""
    assert hook("prompt", event, GEMINI_PROJECT_DIR=str(quiet)).out, "another host's variable"
    assert hook("prompt", event, host="gemini", GEMINI_PROJECT_DIR=str(quiet)).out == b""
    assert hook("prompt", {**event, "workspace_roots": [str(quiet)]}, host="cursor").out == b""
    assert hook("prompt", {**event, "cwd": str(quiet)}, host="codex").out == b""
    assert hook("prompt", {**event, "cwd": str(quiet)}, LAYERWISE_PROJECT_DIR=str(hook.root)).out


texts = st.text(alphabet="ab \n*+-@", max_size=12)
anything = st.recursive(
    st.none() | st.integers() | texts | st.just("*** Begin Patch\n*** Update File: a.py\n@@\n-a\n+b\n"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tool_input", "file_path", "edits", "old_string", "new_string", "command", "path"]), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from(["tool_input", "file_path", "edits", "command"]), anything))
def test_any_event_is_read(event: dict[str, Any]) -> None:
    for edited in read_edits(event):
        assert isinstance(edited.path, str)
        assert all(isinstance(side, str) for pair in edited.replacements for side in pair)


@settings(max_examples=80)
@given(texts, st.lists(st.tuples(texts, texts), max_size=3))
def test_an_edit_is_found_again_in_what_it_led_to(before: str, pairs: list[tuple[str, str]]) -> None:
    after, made = before, []
    for old, new in pairs:
        if old and new and old in after:
            after = after.replace(old, new, 1)
            made.append((old, new))
    assert (diff_edit("a.py", after, tuple(made)) is not None) == bool(made)
