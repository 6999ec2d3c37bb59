"""The hosts that Layerwise can be installed into: which files they read, and what goes in them."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from layerwise.errors import InvalidInputError, UnknownNameError
from layerwise.install.launcher import NAME, Launcher
from layerwise.install.merge import Entry

Scope = Literal["project", "user"]

HOOK_MARKER = f"{NAME} hook "

_MOMENTS = ("prompt", "edit", "stop")
_SECONDS = {"prompt": 5, "edit": 30, "stop": 60}


@dataclass(frozen=True, slots=True)
class Hooks:
    """A host's hooks: the events at a prompt, after an edit and at the end, and the tools that edit.

    `flat` entries are the command itself; others are groups of commands. `unit` is how many of the host's units of time
    make a second.
    """

    events: tuple[str, str, str]
    tools: str
    flat: bool = False
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Host:
    """A host. Files are POSIX paths by scope, relative to the project or to the home folder.

    `key` is the object that holds the servers, `extra` what the host wants besides command and arguments. `root` is
    what it replaces by the project's folder, by scope, where it starts servers elsewhere.
    """

    name: str
    servers: Mapping[str, str]
    key: str
    instructions: Mapping[str, str]
    extra: Mapping[str, Any] = field(default_factory=dict)
    root: Mapping[str, str] = field(default_factory=dict)
    hooks: Hooks | None = None
    hook_files: Mapping[str, str] = field(default_factory=dict)
    next_step: str = ""


def find_host(name: str) -> Host:
    """The host called `name`. Raises UnknownNameError when there is none."""
    if name not in HOSTS:
        raise UnknownNameError("host", name, HOSTS)
    return HOSTS[name]


def choose_file(host: Host, files: Mapping[str, str], scope: Scope, what: str) -> str:
    """The file of `host` for `scope` among `files`; `what` they are. Raises InvalidInputError when it has none."""
    if scope in files:
        return files[scope]
    other = f" It has them with --{next(iter(files))}." if files else ""
    raise InvalidInputError(f"{host.name} has no {what} for --{scope} that Layerwise can write.{other}")


def server_entry(host: Host, scope: Scope, launcher: Launcher) -> Entry:
    """The server as the host's configuration names it."""
    root = ("--root", host.root[scope]) if scope in host.root else ()
    command, *words = launcher.words
    value = {"command": command, "args": [*words, "serve", *root], **host.extra}
    return Entry((host.key, NAME), value)


def hook_entries(host: Host, hooks: Hooks, launcher: Launcher) -> list[Entry]:
    """The hooks at the three moments, and what the host's file needs around them."""
    entries = [Entry(("version",), 1, shared=True)] if hooks.flat else []
    for moment, event in zip(_MOMENTS, hooks.events, strict=True):
        command: dict[str, Any] = {
            **({} if hooks.flat else {"type": "command"}),
            "command": " ".join((*launcher.words, "hook", moment, "--host", host.name)),
            "timeout": _SECONDS[moment] * hooks.unit,
        }
        matcher = {"matcher": hooks.tools} if moment == "edit" else {}
        limit = {"loop_limit": 1} if hooks.flat and moment == "stop" else {}
        value = {**matcher, **command, **limit} if hooks.flat else {**matcher, "hooks": [command]}
        entries.append(Entry(("hooks", event), value, HOOK_MARKER))
    return entries


def _both(path: str) -> dict[str, str]:
    return {"project": path, "user": path}


def _find_code_home() -> str:
    """Where Visual Studio Code keeps a user's files, relative to the home folder."""
    homes = {"darwin": "Library/Application Support", "win32": "AppData/Roaming"}
    return f"{homes.get(sys.platform, '.config')}/Code/User"


def _find_zed_home() -> str:
    return "AppData/Roaming/Zed" if sys.platform == "win32" else ".config/zed"


HOSTS = {
    host.name: host
    for host in (
        Host(
            "claude-code",
            servers={"project": ".mcp.json", "user": ".claude.json"},
            key="mcpServers",
            instructions={"project": "CLAUDE.md", "user": ".claude/CLAUDE.md"},
            hooks=Hooks(("UserPromptSubmit", "PostToolUse", "Stop"), "Write|Edit|MultiEdit"),
            hook_files=_both(".claude/settings.json"),
            next_step="Start a new session of Claude Code; /mcp shows the server, /hooks the hooks.",
        ),
        Host(
            "cursor",
            servers=_both(".cursor/mcp.json"),
            key="mcpServers",
            instructions={"project": "AGENTS.md"},
            root={"project": "${workspaceFolder}"},
            hooks=Hooks(("beforeSubmitPrompt", "postToolUse", "stop"), "Write", flat=True),
            hook_files=_both(".cursor/hooks.json"),
            next_step="Enable the server in Cursor's settings under MCP, then open a new chat.",
        ),
        Host(
            "vscode",
            servers={"project": ".vscode/mcp.json", "user": f"{_find_code_home()}/mcp.json"},
            key="servers",
            instructions={"project": "AGENTS.md"},
            extra={"type": "stdio"},
            root=_both("${workspaceFolder}"),
            next_step="Run `MCP: List Servers` in Visual Studio Code and start the server.",
        ),
        Host(
            "codex",
            servers=_both(".codex/config.toml"),
            key="mcp_servers",
            instructions={"project": "AGENTS.md", "user": ".codex/AGENTS.md"},
            extra={"startup_timeout_sec": 60},
            hooks=Hooks(("UserPromptSubmit", "PostToolUse", "Stop"), "apply_patch|Edit|Write"),
            hook_files=_both(".codex/hooks.json"),
            next_step="Start Codex anew; it asks you to trust the project's configuration, and hooks under /hooks.",
        ),
        Host(
            "zed",
            servers={"project": ".zed/settings.json", "user": f"{_find_zed_home()}/settings.json"},
            key="context_servers",
            instructions={"project": "AGENTS.md"},
            next_step="Open Zed's agent panel; its settings list the server.",
        ),
        Host(
            "gemini",
            servers=_both(".gemini/settings.json"),
            key="mcpServers",
            instructions={"project": "GEMINI.md", "user": ".gemini/GEMINI.md"},
            hooks=Hooks(("BeforeAgent", "AfterTool", "AfterAgent"), "write_file|replace", unit=1000),
            hook_files=_both(".gemini/settings.json"),
            next_step="Start Gemini CLI anew; /mcp lists the server, /hooks the hooks.",
        ),
        Host(
            "windsurf",
            servers={"user": ".codeium/windsurf/mcp_config.json"},
            key="mcpServers",
            instructions={"project": "AGENTS.md"},
            next_step="Press refresh in Windsurf's MCP panel.",
        ),
    )
}
