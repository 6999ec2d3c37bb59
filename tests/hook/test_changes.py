"""After an edit and at the end of a turn: the findings of what changed, and of nothing else."""

from typing import Any

import pytest

CLEAN = "import asyncio\n\n\nasync def wait() -> None:\n    await asyncio.sleep(1)\n"
OLD_SLIP = "import time\n\n\nasync def old() -> None:\n    time.sleep(1)\n"
BODY = "async def wait() -> None:\n    time.sleep(2)\n"
NEW_SLIP = f"import time\n\n\nasync def old() -> None:\n    time.sleep(1)\n\n\n{BODY}"
RULE = "blocking-call-in-async"


def edit(host: str, path: str, old: str, new: str) -> dict[str, Any]:
    """The event of an edit, as each host sends it."""
    if host == "codex":
        body = "".join(f"-{line}\n" for line in old.splitlines()) + "".join(f"+{line}\n" for line in new.splitlines())
        patch = f"*** Begin Patch\n*** Update File: {path}\n@@\n{body}*** End Patch\n"
        return {"hook_event_name": "PostToolUse", "tool_name": "apply_patch", "tool_input": {"command": patch}}
    tool = {"file_path": path, "old_string": old, "new_string": new}
    names = {
        "claude-code": ("PostToolUse", "Edit"),
        "gemini": ("AfterTool", "replace"),
        "cursor": ("postToolUse", "Write"),
    }
    event, name = names[host]
    return {"hook_event_name": event, "tool_name": name, "tool_input": tool}


def read_context(host: str, answer: Any) -> str:
    if host == "cursor":
        assert answer.keys() == {"additional_context"}
        return str(answer["additional_context"])
    event = "AfterTool" if host == "gemini" else "PostToolUse"
    assert answer.keys() == {"hookSpecificOutput"}
    assert answer["hookSpecificOutput"]["hookEventName"] == event
    return str(answer["hookSpecificOutput"]["additionalContext"])


@pytest.mark.parametrize("host", ["claude-code", "codex", "gemini", "cursor"])
def test_an_edit_is_reviewed_where_it_changed_and_nowhere_else(hook: Any, host: str) -> None:
    path = hook.write("app/jobs.py", NEW_SLIP)
    told = hook("edit", edit(host, path, "async def wait() -> None:\n    pass\n", BODY), host=host)
    context = read_context(host, told.answer)
    assert RULE in context
    assert "app/jobs.py:9" in context
    assert "app/jobs.py:5" not in context
    assert (told.code, told.err, told.log) == (0, "", "")


@pytest.mark.parametrize("host", ["claude-code", "codex", "gemini", "cursor"])
def test_a_clean_edit_of_a_bad_file_gets_no_byte(hook: Any, host: str) -> None:
    path = hook.write("app/jobs.py", OLD_SLIP + "\n\nnumber = 2\n")
    assert hook("edit", edit(host, path, "number = 1\n", "number = 2\n"), host=host) == (0, b"", "", "")


def test_several_replacements_of_one_edit_are_all_reviewed(hook: Any) -> None:
    path = hook.write("app/jobs.py", NEW_SLIP)
    rows = [
        {"old_string": "    pass\n", "new_string": "    time.sleep(1)\n"},
        {"old_string": "    pass\n", "new_string": "    time.sleep(2)\n"},
    ]
    context = read_context("claude-code", hook("edit", {"tool_input": {"file_path": path, "edits": rows}}).answer)
    assert "app/jobs.py:5" in context
    assert "app/jobs.py:9" in context


def test_a_file_written_whole_is_reviewed_against_the_last_commit(hook: Any) -> None:
    path = hook.write("app/jobs.py", OLD_SLIP)
    hook.commit()
    hook.write("app/jobs.py", NEW_SLIP)
    event = {"tool_name": "Write", "tool_input": {"file_path": path, "content": NEW_SLIP}}
    context = read_context("claude-code", hook("edit", event).answer)
    assert "app/jobs.py:9" in context
    assert "app/jobs.py:5" not in context


def test_a_new_file_is_reviewed_whole_with_or_without_git(hook: Any) -> None:
    event = {"tool_input": {"file_path": hook.write("app/jobs.py", NEW_SLIP), "content": NEW_SLIP}}
    assert "app/jobs.py:5" in read_context("claude-code", hook("edit", event).answer)
    (hook.root / "app" / "jobs.py").unlink()
    hook.commit()
    hook.write("app/jobs.py", NEW_SLIP)
    assert "app/jobs.py:5" in read_context("claude-code", hook("edit", event).answer)


def test_an_edit_that_a_formatter_changed_since_is_still_reviewed(hook: Any) -> None:
    path = hook.write("app/jobs.py", NEW_SLIP)
    event = edit("claude-code", path, "x", "async def wait()->None: time.sleep( 2 )\n")
    assert RULE in read_context("claude-code", hook("edit", event).answer)


@pytest.mark.parametrize("path", ["README.md", "../outside.py", "/etc/passwd.py", "gone.py", "a\0.py", ""])
def test_an_edit_of_anything_but_python_inside_the_root_gets_no_byte(hook: Any, path: str) -> None:
    (hook.root.parent / "outside.py").write_text(NEW_SLIP, encoding="utf-8")
    hook.write("README.md", "time.sleep")
    assert hook("edit", {"tool_input": {"file_path": path, "content": NEW_SLIP}}) == (0, b"", "", "")


def test_a_link_that_leads_out_of_the_root_is_not_followed(hook: Any) -> None:
    (hook.root.parent / "outside.py").write_text(NEW_SLIP, encoding="utf-8")
    (hook.root / "inside.py").symlink_to(hook.root.parent / "outside.py")
    assert hook("edit", {"tool_input": {"file_path": str(hook.root / "inside.py")}}).out == b""


STOPS = {
    "claude-code": ({"stop_hook_active": False}, lambda answer: (answer.pop("decision"), answer.pop("reason"))),
    "codex": ({"stop_hook_active": False}, lambda answer: (answer.pop("decision"), answer.pop("reason"))),
    "gemini": ({"stop_hook_active": False}, lambda answer: (answer.pop("decision"), answer.pop("reason"))),
    "cursor": ({"status": "completed", "loop_count": 0}, lambda answer: ("", answer.pop("followup_message"))),
}


@pytest.mark.parametrize(
    ("host", "decision"), [("claude-code", "block"), ("codex", "block"), ("gemini", "deny"), ("cursor", "")]
)
def test_the_end_of_a_turn_reviews_the_whole_change_once(hook: Any, host: str, decision: str) -> None:
    hook.write("app/jobs.py", OLD_SLIP)
    hook.commit()
    hook.write("app/jobs.py", NEW_SLIP)
    hook.write("app/new.py", NEW_SLIP)
    event, read = STOPS[host]
    answer = hook("stop", event, host=host).answer
    said, reason = read(answer)
    assert (said, answer) == (decision, {})
    assert "app/jobs.py:9" in reason
    assert "app/new.py:5" in reason
    assert "app/jobs.py:5" not in reason
    assert hook("stop", event, host=host).out == b"", "the user lives with it"
    hook.write("app/new.py", NEW_SLIP + "\n\n" + BODY.replace("wait", "more"))
    assert b"app/new.py" in hook("stop", event, host=host).out


@pytest.mark.parametrize("event", [{"stop_hook_active": True}, {"loop_count": 1}])
def test_a_turn_that_a_hook_began_is_not_sent_back_again(hook: Any, event: dict[str, Any]) -> None:
    hook.commit()
    hook.write("app/new.py", NEW_SLIP)
    assert hook("stop", event) == (0, b"", "", "")


def test_suggest_tells_the_user_at_the_end_and_sends_nobody_back(hook: Any) -> None:
    hook.commit()
    hook.write("app/new.py", NEW_SLIP)
    answer = hook("stop", {}, LAYERWISE_HOOKS="suggest").answer
    assert answer.keys() == {"systemMessage"}
    assert "app/new.py" in answer["systemMessage"]
    hook.write("app/other.py", NEW_SLIP)
    assert hook("stop", {}, host="cursor", LAYERWISE_HOOKS="suggest").out == b""


def test_a_clean_change_gets_no_byte(hook: Any) -> None:
    hook.commit()
    hook.write("app/new.py", CLEAN)
    assert hook("stop") == (0, b"", "", "")


def test_files_that_git_ignores_are_nobodys_change(hook: Any) -> None:
    hook.write(".gitignore", "generated/\n")
    hook.commit()
    hook.write("generated/new.py", NEW_SLIP)
    assert hook("stop").out == b""


def test_a_repository_without_a_commit_is_reviewed_whole(hook: Any) -> None:
    hook.commit()
    (hook.root / ".git" / "HEAD").write_text("ref: refs/heads/empty\n", encoding="utf-8")
    hook.write("app/new.py", NEW_SLIP)
    assert b"app/new.py" in hook("stop").out


def test_without_git_the_end_is_silent_and_logged(hook: Any) -> None:
    hook.write("app/new.py", NEW_SLIP)
    told = hook("stop")
    assert (told.code, told.out, told.err) == (0, b"", "")
    assert "git" in told.log


def test_a_hook_runs_no_rule_of_the_team(hook: Any) -> None:
    hook.write("pyproject.toml", '[tool.layerwise]\nrules = "rules"\n')
    hook.write("rules/acme/print_call.py", "RULE = open('was_run', 'w').close()\n")
    path = hook.write("app/jobs.py", NEW_SLIP)
    told = hook("edit", edit("claude-code", path, "async def wait() -> None:\n    pass\n", BODY))
    assert RULE in read_context("claude-code", told.answer)
    assert "1 rule not run: team rule, not loaded" in read_context("claude-code", told.answer)
    assert not (hook.root / "was_run").exists()
