"""What is published, held against what its readers publish: the rules of their schemas, written down here as facts."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from layerwise import __version__
from layerwise.assets import folder

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
AUTHOR = {
    "type": "object",
    "properties": {"name": TEXT, "email": TEXT, "url": TEXT},
    "required": ["name"],
    "additionalProperties": False,
}
# Agent Plugins 1.0.0: https://agent-plugins.org/schemas/1.0.0/plugin.schema.json and mcp.schema.json
PLUGIN = {
    "type": "object",
    "properties": {
        "$schema": {"const": "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"},
        "name": {
            "type": "string",
            "maxLength": 64,
            "pattern": r"^(?!.*(?:--|\.\.))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$",
        },
        "author": AUTHOR,
        "keywords": TEXTS,
        "extensions": {"type": "object"},
        **dict.fromkeys(("version", "description", "homepage", "repository", "license"), TEXT),
    },
    "required": ["$schema", "name"],
    "additionalProperties": False,
}
STDIO = {
    "type": "object",
    "properties": {
        "type": {"const": "stdio"},
        "command": {"type": "string", "pattern": r"^[\w-]+$|^\./"},
        "args": TEXTS,
        "env": {"type": "object", "additionalProperties": TEXT},
        "cwd": TEXT,
    },
    "required": ["type", "command"],
    "additionalProperties": False,
}
SERVERS = {
    "type": "object",
    "properties": {
        "$schema": {"const": "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json"},
        "mcpServers": {"type": "object", "minProperties": 1, "additionalProperties": STDIO},
    },
    "required": ["$schema", "mcpServers"],
    "additionalProperties": False,
}
# The MCP registry: https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
POSITIONAL = {"required": ["type", "value"], "properties": {"type": {"const": "positional"}, "value": TEXT}}
REGISTRY = {
    "type": "object",
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "maxLength": 200, "pattern": "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$"},
        "title": {**TEXT, "maxLength": 100},
        "description": {**TEXT, "maxLength": 100},
        "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+([-+.a-z0-9]*)$"},
        "packages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["registryType", "identifier", "version", "transport"],
                "properties": {
                    "registryType": {"const": "pypi"},
                    "runtimeHint": {"enum": ["uvx"]},
                    "transport": {"const": {"type": "stdio"}},
                    "packageArguments": {"type": "array", "items": POSITIONAL},
                },
            },
        },
    },
    "required": ["$schema", "name", "description", "version", "packages"],
}
# MCPB 0.4: mcpb-manifest-v0.4.schema.json of modelcontextprotocol/mcpb
BUNDLE = {
    "type": "object",
    "properties": {
        "manifest_version": {"const": "0.4"},
        "author": AUTHOR,
        "server": {
            "type": "object",
            "properties": {
                "type": {"enum": ["python", "node", "binary", "uv"]},
                "entry_point": TEXT,
                "mcp_config": {
                    "type": "object",
                    "properties": {"command": TEXT, "args": TEXTS, "env": {"type": "object"}},
                    "required": ["command"],
                    "additionalProperties": False,
                },
            },
            "required": ["type", "entry_point", "mcp_config"],
            "additionalProperties": False,
        },
        "compatibility": {
            "type": "object",
            "properties": {
                "runtimes": {"type": "object", "properties": {"python": TEXT}, "additionalProperties": False}
            },
        },
        "user_config": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "type": {"enum": ["string", "number", "boolean", "directory", "file"]},
                    "title": TEXT,
                    "description": TEXT,
                    "required": {"type": "boolean"},
                },
                "required": ["type", "title", "description"],
                "additionalProperties": False,
            },
        },
        "keywords": TEXTS,
        "tools_generated": {"type": "boolean"},
        "prompts_generated": {"type": "boolean"},
        **dict.fromkeys(("name", "display_name", "version", "description", "license"), TEXT),
    },
    "required": ["manifest_version", "name", "version", "description", "author", "server"],
    "additionalProperties": False,
}
# Claude Code has no published schema; these are the facts of its pages on plugins and hooks.
CLAUDE_PLUGIN = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
        "author": AUTHOR,
        "keywords": TEXTS,
        **dict.fromkeys(("version", "description", "license"), TEXT),
    },
    "required": ["name"],
    "additionalProperties": False,
}
COMMAND_HOOK = {
    "type": "object",
    "properties": {"type": {"const": "command"}, "command": TEXT, "timeout": {"type": "number"}},
    "required": ["type", "command"],
    "additionalProperties": False,
}
TOOL_HOOK = {
    "type": "object",
    "properties": {
        "type": {"const": "mcp_tool"},
        "server": {"type": "string", "pattern": "^plugin:[^:]+:[^:]+$"},
        "tool": TEXT,
        "input": {"type": "object"},
        "timeout": {"type": "number"},
    },
    "required": ["type", "server", "tool"],
    "additionalProperties": False,
}
GROUP = {
    "type": "object",
    "properties": {"matcher": TEXT, "hooks": {"type": "array", "items": {"anyOf": [COMMAND_HOOK, TOOL_HOOK]}}},
    "required": ["hooks"],
    "additionalProperties": False,
}
CLAUDE_HOOKS = {
    "type": "object",
    "properties": {"hooks": {"type": "object", "additionalProperties": {"type": "array", "items": GROUP}}},
    "required": ["hooks"],
    "additionalProperties": False,
}
DOCUMENTS = {
    "plugin.json": PLUGIN,
    "mcp.json": SERVERS,
    "server.json": REGISTRY,
    "mcpb/manifest.json": BUNDLE,
    ".claude-plugin/plugin.json": CLAUDE_PLUGIN,
    "hooks/hooks.json": CLAUDE_HOOKS,
}


@pytest.fixture
def package(machine: Any, command: Callable[..., str]) -> Path:
    command("package", "dist/plugin", "--apply")
    folder: Path = machine.project / "dist" / "plugin"
    return folder


def read(package: Path, name: str) -> Any:
    return json.loads((package / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_what_its_readers_publish(package: Path, name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENTS[name])
    Draft202012Validator(DOCUMENTS[name]).validate(read(package, name))


def test_the_skills_are_the_bytes_that_the_server_serves(package: Path) -> None:
    shipped = {
        path.relative_to(folder("skills")).as_posix(): path.read_bytes()
        for path in folder("skills").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {
        path.relative_to(package / "skills").as_posix(): path.read_bytes()
        for path in (package / "skills").rglob("*")
        if path.is_file()
    }
    assert packed == shipped


def test_one_version_and_one_name_everywhere(package: Path) -> None:
    bundle = tomllib.loads((package / "mcpb" / "pyproject.toml").read_text(encoding="utf-8"))
    versions = [read(package, name)["version"] for name in DOCUMENTS if not name.endswith(("hooks.json", "mcp.json"))]
    assert {*versions, read(package, "server.json")["packages"][0]["version"]} == {__version__}
    assert bundle["project"]["dependencies"] == [f"layerwise=={__version__}"]
    assert read(package, "mcp.json")["mcpServers"].keys() == read(package, ".mcp.json")["mcpServers"].keys()


def test_the_prompt_hook_asks_the_server_that_runs_already(package: Path) -> None:
    plugin, server = read(package, ".claude-plugin/plugin.json")["name"], *read(package, ".mcp.json")["mcpServers"]
    [group] = read(package, "hooks/hooks.json")["hooks"]["UserPromptSubmit"]
    assert group["hooks"][0]["server"] == f"plugin:{plugin}:{server}"
    assert group["hooks"][0]["input"] == {"prompt": "${prompt}", "output": "hook"}
    longest = f"mcp__plugin_{plugin}_{server}__detect_triggers"
    assert len(longest) <= 64


def test_the_bundle_starts_the_command(package: Path) -> None:
    program = package / "mcpb" / "src" / "server.py"
    done = subprocess.run([sys.executable, program, "--version"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"layerwise {__version__}\n"


def test_building_again_changes_nothing_and_clears_away_topics_that_went(
    package: Path, command: Callable[..., str]
) -> None:
    assert "There is nothing to write" in command("package", "dist/plugin")
    stale = package / "skills" / "python-backend-patterns" / "references" / "gone.md"
    stale.write_text("old", encoding="utf-8")
    command("package", "dist/plugin", "--apply")
    assert not stale.exists()


def test_nothing_but_the_package_lies_in_its_folder(package: Path) -> None:
    assert {path.name for path in package.iterdir()} == {
        *(".claude-plugin", ".mcp.json", "hooks", "mcp.json", "mcpb", "plugin.json", "server.json", "skills")
    }


@pytest.mark.parametrize("name", ["../out", ".", "/"])
def test_a_package_goes_below_the_root_and_nowhere_else(machine: Any, command: Callable[..., str], name: str) -> None:
    command("package", name, "--apply", code=2)
    assert not any(machine.project.iterdir())
