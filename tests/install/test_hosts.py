"""Every host's real file formats, with what its users keep in them: put in, put in again, taken out."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerwise.install.hosts import HOSTS

# The name of each file is what its host reads; the texts are laid out as people and editors lay them out.
FILES = {
    ("claude-code", "project"): {
        ".mcp.json": """{
  "mcpServers": {
    "github": {
      "type": "http",
      "url": "https://api.example.com/mcp/"
    }
  }
}
""",
        ".claude/settings.json": """{
  "permissions": { "allow": ["Bash(make:*)"], "deny": [] },
  "hooks": {
    "PostToolUse": [
      {
        "matcher": "Write|Edit",
        "hooks": [{ "type": "command", "command": "ruff format" }]
      }
    ]
  }
}
""",
        "CLAUDE.md": "# Shop\n\nUse pnpm, never npm.",
    },
    ("claude-code", "user"): {
        ".claude.json": '{"numStartups":7,"tipsHistory":{"x":1},"mcpServers":{},"projects":{"/a":{"mcpServers":{}}}}',
        ".claude/settings.json": '{\n\t"model": "opus"\n}\n',
        ".claude/CLAUDE.md": "Answer in French.\r\n",
    },
    ("cursor", "project"): {
        ".cursor/mcp.json": """{
    // for the whole team
    "mcpServers": {
        "db": {
            "command": "npx",
            "args": ["-y", "db-mcp"], // pinned elsewhere
            "env": { "TOKEN": "${env:TOKEN}" },
        },
    },
}
""",
        ".cursor/hooks.json": '{\n  "version": 1,\n  "hooks": {\n    "stop": [{ "command": "./notify.sh" }]\n  }\n}\n',
        "AGENTS.md": "# Shop\n\n- Run `make test`.\n",
    },
    ("cursor", "user"): {".cursor/mcp.json": '{"mcpServers": {}}\n'},
    ("vscode", "project"): {
        ".vscode/mcp.json": """{
\t"inputs": [
\t\t/* asked once */
\t\t{ "type": "promptString", "id": "key", "description": "API key", "password": true }
\t],
\t"servers": {
\t\t"fetch": { "command": "uvx", "args": ["mcp-server-fetch"] } // "quoted" // twice
\t}
}
""",
    },
    ("vscode", "user"): {HOSTS["vscode"].servers["user"]: "{\n\t// no servers yet\n}\n"},
    ("codex", "project"): {
        ".codex/config.toml": '# shared by the team\nmodel = "gpt-5.6" # fast\n\n[mcp_servers.docs]\ncommand = "npx"\n'
        'args = ["-y", "docs"]   # spaces kept\n\n[profiles.deep]\nmodel_reasoning_effort = "high"\n',
        ".codex/hooks.json": """{
  "hooks": {
    "Stop": [{ "hooks": [{ "type": "command", "command": "say done" }] }]
  }
}""",
    },
    ("codex", "user"): {
        ".codex/config.toml": 'approval_policy = "never"\r\n\r\n[projects."/srv/shop"]\r\ntrust_level = "trusted"\r\n',
        ".codex/AGENTS.md": "",
    },
    ("zed", "project"): {".zed/settings.json": '{\n  // format\n  "tab_size": 4,\n  "languages": {}\n}\n'},
    ("zed", "user"): {
        HOSTS["zed"].servers["user"]: """// Zed settings
//
// For information on how to configure Zed, see the documentation.
{
  "ui_font_size": 16,
  "context_servers": {
    "pg": {
      "command": "pg-mcp",
      "args": [],
      "env": {},
    },
  },
  "theme": {
    "mode": "system", // follows the desktop
    "dark": "One Dark",
  },
}
"""
    },
    ("gemini", "project"): {
        ".gemini/settings.json": """{
  "context": { "fileName": ["AGENTS.md"] },
  // hooks of ours
  "hooks": {
    "AfterTool": [
      { "matcher": "write_file", "hooks": [{ "type": "command", "command": "fmt" }] }
    ]
  }
}
""",
        "GEMINI.md": "Be brief.\n",
    },
    ("gemini", "user"): {".gemini/settings.json": "\ufeff{}"},
    ("windsurf", "user"): {".codeium/windsurf/mcp_config.json": '{\n  "mcpServers": {\n  }\n}'},
}
TARGETS = [(host.name, scope) for host in HOSTS.values() for scope in host.servers]

Command = Callable[..., str]


def name_options(host: str, scope: str) -> list[str]:
    """Everything that can be installed there."""
    found = HOSTS[host]
    hooks = ["--hooks"] if scope in found.hook_files else []
    return [f"--{scope}", *hooks, *(["--agents-md"] if scope in found.instructions else [])]


def read_tree(root: Path) -> dict[str, bytes]:
    """The files below a folder, but for what Layerwise keeps for itself."""
    return {
        name: path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not (name := path.relative_to(root).as_posix()).startswith(".layerwise/")
    }


@pytest.fixture
def root(machine: Any, host: str, scope: str, has_files: bool) -> Path:
    folder: Path = machine.home if scope == "user" else machine.project
    for name, text in FILES[host, scope].items() if has_files else ():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


every_target = pytest.mark.parametrize(("host", "scope"), TARGETS, ids=[" ".join(target) for target in TARGETS])
full = pytest.mark.parametrize("has_files", [True], ids=["over files"])
full_and_empty = pytest.mark.parametrize("has_files", [True, False], ids=["over files", "from nothing"])


def test_every_host_and_scope_is_tried_on_files_of_its_own() -> None:
    assert set(FILES) == set(TARGETS)


@every_target
@full_and_empty
def test_a_preview_writes_nothing(command: Command, root: Path, host: str, scope: str) -> None:
    before = read_tree(root)
    assert "layerwise" in command("install", host, *name_options(host, scope))
    assert read_tree(root) == before
    assert not (root / ".layerwise").exists()


@every_target
@full
def test_no_key_no_comment_and_no_character_of_the_user_is_lost(
    command: Command, root: Path, host: str, scope: str, jsonc: Callable[[str], Any]
) -> None:
    before = read_tree(root)
    command("install", host, *name_options(host, scope), "--apply")
    after = read_tree(root)
    for name, old in before.items():
        new = after[name].decode()
        rest = iter(new)
        assert all(character in rest for character in old.decode()), new
        if name.endswith(".json"):
            assert contains(jsonc(new), jsonc(old.decode()))
        if name.endswith(".toml"):
            assert contains(tomllib.loads(new), tomllib.loads(old.decode()))
        assert (b"\r\n" in old) == ("\r\n" in new)
        assert "\r\n" not in new or "\n" not in new.replace("\r\n", "")


@every_target
@full_and_empty
def test_the_server_starts_by_a_command_that_every_machine_has(
    command: Command, root: Path, host: str, scope: str, jsonc: Callable[[str], Any], machine: Any
) -> None:
    command("install", host, *name_options(host, scope), "--apply")
    text = (root / HOSTS[host].servers[scope]).read_bytes().decode()
    servers = (tomllib.loads(text) if host == "codex" else jsonc(text))[HOSTS[host].key]
    assert servers["layerwise"]["command"] == "uvx"
    assert servers["layerwise"]["args"][:2] == ["layerwise", "serve"]
    assert str(machine.home) not in text


@every_target
@full_and_empty
def test_installing_again_changes_nothing(command: Command, root: Path, host: str, scope: str) -> None:
    command("install", host, *name_options(host, scope), "--apply")
    first = read_tree(root), (root / ".layerwise" / "manifest.json").read_bytes()
    assert "There is nothing to write" in command("install", host, *name_options(host, scope))
    command("install", host, *name_options(host, scope), "--apply")
    assert (read_tree(root), (root / ".layerwise" / "manifest.json").read_bytes()) == first


@every_target
@full_and_empty
def test_uninstalling_restores_every_byte(command: Command, root: Path, host: str, scope: str) -> None:
    before = read_tree(root)
    command("install", host, f"--{scope}", "--apply")
    command("install", host, *name_options(host, scope), "--apply")
    assert read_tree(root) != before
    command("uninstall", host, f"--{scope}", "--apply")
    assert read_tree(root) == before
    assert not (root / ".layerwise" / "manifest.json").exists()


@every_target
@full_and_empty
def test_undo_restores_every_byte_as_well(command: Command, root: Path, host: str, scope: str) -> None:
    before = read_tree(root)
    command("install", host, *name_options(host, scope), "--apply")
    command("undo", "--root", str(root))
    assert read_tree(root) == before


@every_target
@full_and_empty
def test_uninstalling_keeps_what_was_added_since(
    command: Command, root: Path, host: str, scope: str, jsonc: Callable[[str], Any]
) -> None:
    before = read_tree(root)
    command("install", host, *name_options(host, scope), "--apply")
    for name in read_tree(root):
        file = root / name
        if name.endswith(".json"):
            text = file.read_bytes().decode()
            at = text.index("{") + 1
            file.write_bytes(f'{text[:at]} "later": 1, // theirs\n{text[at:]}'.encode())
        else:
            file.write_bytes(file.read_bytes() + b"# theirs\n")
    command("uninstall", host, f"--{scope}", "--apply")
    after = read_tree(root)
    for name, data in after.items():
        text = data.decode()
        assert "layerwise" not in text
        assert "theirs" in text
        if name.endswith(".json"):
            value = jsonc(text)
            assert value.pop("later") == 1
            value = {key: each for key, each in value.items() if key != "version" or name in before}
            assert value == (jsonc(before[name].decode()) if name in before else {})
    assert set(before) <= set(after)


def contains(new: Any, old: Any) -> bool:
    """Whether all of `old` is in `new`, arrays in order."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and contains(new[key], old[key]) for key in old)
    if isinstance(old, list):
        rest = iter(new)
        return all(any(contains(item, each) for item in rest) for each in old)
    return bool(new == old)
