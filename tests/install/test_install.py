"""What install chooses, shares and refuses; the index of the skills."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from layerwise.assets import folder
from layerwise.install.block import BEGIN, END
from layerwise.install.index import MAX_TOKENS, render_index
from layerwise.install.launcher import find_launcher
from layerwise.skills import Topic, load_all
from layerwise.tokens import count_tokens

Command = Callable[..., str]


def add_to_path(folder: Path) -> None:
    program = folder / ("layerwise.exe" if sys.platform == "win32" else "layerwise")
    program.write_text("", encoding="utf-8")
    program.chmod(0o755)


def test_the_command_is_layerwise_itself_where_it_is_on_path(machine: Any, command: Command) -> None:
    assert "uv tool install" in command("install", "cursor")
    add_to_path(machine.home.parent / "bin")
    shown = command("install", "cursor", "--hooks", "--apply")
    assert "because it is on PATH" in shown
    server = json.loads((machine.project / ".cursor" / "mcp.json").read_text(encoding="utf-8"))
    assert server["mcpServers"]["layerwise"]["command"] == "layerwise"
    assert "uvx" not in (machine.project / ".cursor" / "hooks.json").read_text(encoding="utf-8")


def test_a_command_of_a_virtual_environment_comes_with_a_warning(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home = machine.home.parent
    add_to_path(home / "bin")
    monkeypatch.setattr(sys, "prefix", str(home))
    assert f"while the environment {home.name} is active" in find_launcher().warning
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert find_launcher().warning == ""


def test_a_changed_command_is_brought_up_to_date_and_still_taken_out_whole(machine: Any, command: Command) -> None:
    file = machine.project / ".gemini" / "settings.json"
    file.parent.mkdir()
    file.write_bytes(b'{"ui": {}}')
    command("install", "gemini", "--hooks", "--apply")
    add_to_path(machine.home.parent / "bin")
    command("install", "gemini", "--hooks", "--apply")
    assert b"uvx" not in file.read_bytes()
    assert file.read_bytes().count(b"layerwise hook prompt") == 1
    command("uninstall", "gemini", "--apply")
    assert file.read_bytes() == b'{"ui": {}}'


def test_an_entry_that_was_there_before_is_not_taken_out(machine: Any, command: Command) -> None:
    file = machine.project / ".mcp.json"
    file.write_text('{"mcpServers": {"layerwise": {"command": "uvx", "args": ["layerwise", "serve"]}}}', "utf-8")
    before = file.read_bytes()
    command("install", "claude-code", "--agents-md", "--apply")
    command("uninstall", "claude-code", "--apply")
    assert file.read_bytes() == before
    assert not (machine.project / "CLAUDE.md").exists()


def test_a_block_that_another_host_counts_on_stays(machine: Any, command: Command) -> None:
    for host in ("cursor", "zed"):
        command("install", host, "--agents-md", "--apply")
    assert "zed also counts on" in command("uninstall", "cursor", "--apply")
    assert BEGIN in (machine.project / "AGENTS.md").read_text(encoding="utf-8")
    assert not (machine.project / ".cursor").exists()
    command("uninstall", "zed", "--apply")
    assert not any(path.name.endswith((".md", ".json")) for path in machine.project.iterdir())


def test_claude_md_that_imports_agents_md_leads_there(machine: Any, command: Command) -> None:
    (machine.project / "CLAUDE.md").write_text("@AGENTS.md\n", encoding="utf-8")
    command("install", "claude-code", "--agents-md", "--apply")
    assert (machine.project / "CLAUDE.md").read_text(encoding="utf-8") == "@AGENTS.md\n"
    assert BEGIN in (machine.project / "AGENTS.md").read_text(encoding="utf-8")


def test_the_block_is_brought_up_to_date_where_it_stands(machine: Any, command: Command) -> None:
    file = machine.project / "AGENTS.md"
    file.write_text(f"# Shop\n\n{BEGIN}\nan old index\n{END}\n\n## More\n", encoding="utf-8")
    command("install", "cursor", "--agents-md", "--apply")
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# Shop\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\n## More\n")
    assert "an old index" not in text
    command("uninstall", "cursor", "--apply")
    assert "an old index" in file.read_text(encoding="utf-8")


def test_an_index_names_every_topic_within_its_budget() -> None:
    skills = load_all([folder("skills")])
    index = render_index(skills)
    assert count_tokens(index) <= MAX_TOKENS
    assert all(name in index for skill in skills.values() for name in skill.topics)
    assert "get_guidance" in index


def test_an_index_of_too_many_topics_is_cut_and_says_so() -> None:
    skill = next(iter(load_all([folder("skills")]).values()))
    topics = {name: Topic(name, "", "", "", ()) for name in (f"a-rather-long-topic-{number}" for number in range(300))}
    crowded = replace(skill, topics=topics)
    index = render_index({"crowded": crowded})
    assert count_tokens(index) <= MAX_TOKENS
    assert index.endswith(", …\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("install", "cursr"), "Did you mean 'cursor'"),
        (("install", "zed", "--hooks"), "leave out --hooks"),
        (("install", "windsurf", "--project"), "--user"),
        (("install", "cursor", "--user", "--agents-md"), "--project"),
        (("uninstall", "vim"), "Known: claude-code"),
    ],
)
def test_what_a_host_cannot_do_is_refused_with_what_it_can(
    machine: Any, command: Command, words: Any, told: str
) -> None:
    assert told in command(*words, code=2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"mcpServers": ', "line 1"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[]", "holds no object"),
    ],
)
def test_a_file_that_is_no_json_is_refused_and_kept(machine: Any, command: Command, content: bytes, told: str) -> None:
    file = machine.project / ".mcp.json"
    file.write_bytes(content)
    assert told in command("install", "claude-code", "--apply", code=2)
    assert file.read_bytes() == content


def test_one_bad_file_keeps_the_others_from_being_written(machine: Any, command: Command) -> None:
    (machine.project / ".cursor").mkdir()
    (machine.project / ".cursor" / "hooks.json").write_text("{", encoding="utf-8")
    command("install", "cursor", "--hooks", "--apply", code=2)
    assert not (machine.project / ".cursor" / "mcp.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_configuration_behind_a_symbolic_link_is_refused(machine: Any, command: Command, tmp_path: Path) -> None:
    (tmp_path / "dotfiles.json").write_text("{}", encoding="utf-8")
    (machine.project / ".mcp.json").symlink_to(tmp_path / "dotfiles.json")
    assert "symbolic link" in command("install", "claude-code", "--apply", code=2)
    assert (tmp_path / "dotfiles.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("text", [f"{BEGIN}\nno end\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"])
def test_marks_that_are_no_pair_are_refused(machine: Any, command: Command, text: str) -> None:
    (machine.project / "AGENTS.md").write_text(text, encoding="utf-8")
    assert "once each" in command("install", "cursor", "--agents-md", "--apply", code=2)


def test_uninstalling_what_is_not_installed_says_so(machine: Any, command: Command) -> None:
    assert "Nothing of Layerwise is installed" in command("uninstall", "cursor", "--apply")
    assert not any(machine.project.iterdir())


def test_the_record_holds_nothing_of_the_users_files(machine: Any, command: Command) -> None:
    secret = '{"mcpServers":{"x":{"env":{"TOKEN":"s3cret"}}}}'
    (machine.home / ".claude.json").write_text(secret, encoding="utf-8")
    command("install", "claude-code", "--user", "--apply")
    assert "s3cret" not in (machine.home / ".layerwise" / "manifest.json").read_text(encoding="utf-8")


def test_a_damaged_record_still_lets_the_entries_be_taken_out(machine: Any, command: Command) -> None:
    file = machine.project / ".mcp.json"
    file.write_text('{"mcpServers": {"x": {}}}', encoding="utf-8")
    command("install", "claude-code", "--apply")
    manifest = machine.project / ".layerwise" / "manifest.json"
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["generations"]["install claude-code"]["record"]["files"] = {".mcp.json": {"layers": "?"}}
    manifest.write_text(json.dumps(document), encoding="utf-8")
    command("uninstall", "claude-code", "--apply")
    assert file.read_text(encoding="utf-8") == '{"mcpServers": {"x": {}}}'
