"""The documents by which registries and hosts know Layerwise: server.json, MCPB, Agent Plugins, Claude Code."""

from typing import Any

from layerwise import __version__
from layerwise.install.hosts import HOSTS, Host, hook_entries, server_entry
from layerwise.install.launcher import NAME, UVX

REGISTRY_NAME = f"io.github.{NAME}/{NAME}"
TITLE = "Layerwise"
LICENSE = "MIT"
AUTHOR = {"name": "The Layerwise authors"}
KEYWORDS = ["fastapi", "sqlalchemy", "pydantic", "async", "code-generation", "code-review"]

# Registries take a hundred characters, no more.
DESCRIPTION = "Makes assistants write layered FastAPI and SQLAlchemy backends: detect, guide, generate, review."

_PLUGIN_SCHEMAS = "https://agent-plugins.org/schemas/1.0.0"
_SERVER_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


def describe_registry() -> dict[str, Any]:
    """server.json of the MCP registry. The README must hold `mcp-name: ` and this name, as proof of ownership."""
    package = {
        "registryType": "pypi",
        "identifier": NAME,
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [{"type": "positional", "value": "serve"}],
    }
    head = {"$schema": _SERVER_SCHEMA, "name": REGISTRY_NAME, "title": TITLE, "description": DESCRIPTION}
    return {**head, "version": __version__, "packages": [package]}


def describe_plugin() -> dict[str, Any]:
    """plugin.json of an Agent Plugin."""
    return {"$schema": f"{_PLUGIN_SCHEMAS}/plugin.schema.json", **describe_claude_plugin()}


def describe_claude_plugin() -> dict[str, Any]:
    """.claude-plugin/plugin.json."""
    identity = {"name": NAME, "version": __version__, "description": DESCRIPTION, "author": AUTHOR}
    return {**identity, "license": LICENSE, "keywords": KEYWORDS}


def describe_plugin_servers() -> dict[str, Any]:
    """mcp.json of an Agent Plugin."""
    server = {"type": "stdio", **server_entry(_claude(), "user", UVX).value}
    return {"$schema": f"{_PLUGIN_SCHEMAS}/mcp.schema.json", "mcpServers": {NAME: server}}


def describe_claude_servers() -> dict[str, Any]:
    """.mcp.json of a Claude Code plugin."""
    return {"mcpServers": {NAME: server_entry(_claude(), "user", UVX).value}}


def describe_claude_hooks() -> dict[str, Any]:
    """hooks/hooks.json of a Claude Code plugin: a prompt asks the server that runs already, the rest runs commands."""
    host = _claude()
    entries = hook_entries(host, host.hooks, UVX) if host.hooks else []
    hooks = {entry.path[-1]: [entry.value] for entry in entries}
    ask = {
        "type": "mcp_tool",
        "server": f"plugin:{NAME}:{NAME}",
        "tool": "detect_triggers",
        "input": {"prompt": "${prompt}", "output": "hook"},
        "timeout": 5,
    }
    return {"hooks": {**hooks, "UserPromptSubmit": [{"hooks": [ask]}]}}


def describe_bundle() -> dict[str, Any]:
    """manifest.json of an MCPB bundle, for desktop hosts: they know no project, so they ask for its folder."""
    arguments = ["run", "--directory", "${__dirname}", "src/server.py", "serve", "--root", "${user_config.root}"]
    root = {
        "type": "directory",
        "title": "Project folder",
        "description": "The folder of the backend that Layerwise works on.",
        "required": True,
    }
    identity = {"name": NAME, "display_name": TITLE, "version": __version__, "description": DESCRIPTION}
    server = {
        "type": "uv",
        "entry_point": "src/server.py",
        "mcp_config": {"command": "uv", "args": arguments},
    }
    return {
        "manifest_version": "0.4",
        **identity,
        "author": AUTHOR,
        "server": server,
        "tools_generated": True,
        "prompts_generated": True,
        "keywords": KEYWORDS,
        "license": LICENSE,
        "compatibility": {"runtimes": {"python": ">=3.11"}},
        "user_config": {"root": root},
    }


def _claude() -> Host:
    return HOSTS["claude-code"]
