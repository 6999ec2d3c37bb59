"""What every client sees of the server, in both protocol eras."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceTemplateReference

from layerwise import __version__
from layerwise.app import build
from layerwise.assets import folder
from layerwise.mcp.server import INSTRUCTIONS
from layerwise.roots import Roots

Connect = Callable[[], AbstractAsyncContextManager[Client]]
pytestmark = pytest.mark.asyncio

TOOLS = ["detect_triggers", "get_guidance", "inspect_project", "generate_code", "review_code", "apply_changes"]
SKILL = "python-backend-patterns"


async def test_the_server_says_who_it_is_and_when_to_call_which_tool(connect: Connect) -> None:
    async with connect() as client:
        assert client.server_info is not None
        assert (client.server_info.name, client.server_info.version) == ("layerwise", __version__)
        assert client.instructions == INSTRUCTIONS
    assert len(INSTRUCTIONS.encode()) < 2048
    for tool in TOOLS:
        assert tool in INSTRUCTIONS


async def test_the_whole_tool_list_costs_at_most_1500_tokens(connect: Connect) -> None:
    async with connect() as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == TOOLS
    compact = json.dumps(
        [{"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema} for tool in tools],
        separators=(",", ":"),
        ensure_ascii=False,
    )
    assert len(compact) / 4 <= 1500


async def test_tool_schemas_are_flat_strict_and_free_of_unions_at_the_root(connect: Connect) -> None:
    async with connect() as client:
        tools = (await client.list_tools()).tools
    for tool in tools:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool.name)
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        assert not {"anyOf", "oneOf", "allOf", "$defs"} & tool.input_schema.keys()
        for parameter in tool.input_schema["properties"].values():
            assert parameter["description"]
            assert "anyOf" not in parameter
        assert tool.output_schema is not None


async def test_only_apply_changes_claims_to_write(connect: Connect) -> None:
    async with connect() as client:
        tools = (await client.list_tools()).tools
    writing = {tool.name for tool in tools if tool.annotations and not tool.annotations.read_only_hint}
    assert writing == {"apply_changes"}
    assert all(tool.annotations and tool.annotations.open_world_hint is False for tool in tools)


@pytest.mark.parametrize("tool", TOOLS)
async def test_an_unknown_argument_is_refused_with_the_nearest_known_one(connect: Connect, tool: str) -> None:
    async with connect() as client:
        result = await client.call_tool(tool, {"projct": "x"})
    assert result.is_error
    [content] = result.content
    assert "projct" in content.text
    assert "'project'" in content.text


async def test_an_unknown_tool_is_answered_with_the_nearest_one(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("review_coed", {})
    assert result.is_error
    assert "review_code" in result.content[0].text


async def test_a_wrong_type_is_explained_without_a_traceback(connect: Connect) -> None:
    async with connect() as client:
        result = await client.call_tool("get_guidance", {"max_tokens": "many"})
    assert result.is_error
    assert "max_tokens" in result.content[0].text
    assert "Traceback" not in result.content[0].text
    assert "pydantic" not in result.content[0].text


async def test_every_skill_file_is_a_resource_with_the_bytes_on_disk(connect: Connect) -> None:
    home = folder("skills") / SKILL
    async with connect() as client:
        resources = {resource.uri: resource for resource in (await client.list_resources()).resources}
        files = [path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert len(files) > 10
        for file in files:
            uri = f"skill://{SKILL}/{file.relative_to(home).as_posix()}"
            [content] = (await client.read_resource(str(resources[uri].uri))).contents
            assert content.text.encode() == file.read_bytes()


async def test_topic_names_are_completed(connect: Connect) -> None:
    async with connect() as client:
        reference = ResourceTemplateReference(type="ref/resource", uri="skill://{skill}/references/{topic}.md")
        completed = await client.complete(reference, {"name": "topic", "value": "s"}, {"skill": SKILL})
    assert completed.completion.values
    assert all(value.startswith("s") for value in completed.completion.values)


async def test_an_unknown_topic_names_the_nearest(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match="Did you mean"):
            await client.read_resource(f"skill://{SKILL}/references/session.md")


async def test_the_prompts_tell_the_model_which_tools_to_call(connect: Connect) -> None:
    async with connect() as client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert names == ["create_service", "create_resource", "review_backend"]
        prompt = await client.get_prompt("create_service", {"name": "UserService"})
        assert "generate_code" in prompt.messages[0].content.text
        assert "UserServiceService" not in prompt.messages[0].content.text


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("create_servise", {}, "create_service"),
        ("create_service", {}, "needs name"),
        ("create_service", {"nam": "User"}, "'name'"),
        ("x" * 50_000, {}, "No prompt"),
    ],
)
async def test_a_wrong_prompt_request_is_an_invalid_params_error(
    connect: Connect, name: str, arguments: dict[str, str], said: str
) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match=re.escape(said)) as caught:
            await client.get_prompt(name, arguments)
    assert caught.value.error.code == -32602
    assert len(caught.value.error.message) < 1000


async def test_a_project_outside_the_root_is_refused_everywhere(connect: Connect, root: Path) -> None:
    calls = {
        "inspect_project": {},
        "generate_code": {"request": "create a UserService"},
        "review_code": {"paths": ["."]},
        "apply_changes": {"id": "0123456789ab"},
    }
    async with connect() as client:
        for tool, arguments in calls.items():
            result = await client.call_tool(tool, {**arguments, "project": "../.."})
            assert result.is_error
            assert "outside" in result.content[0].text
    assert not list(root.iterdir())


@pytest.mark.parametrize("trusted", [False, True])
async def test_rules_of_a_team_are_run_only_by_a_server_that_was_told_to(root: Path, trusted: bool) -> None:
    (root / "rules/acme").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[tool.layerwise]\nrules = "rules"\n', encoding="utf-8")
    marker = root / "was_run"
    code = f"RULE = open({str(marker)!r}, 'w').close()\n"
    (root / "rules/acme/print_call.py").write_text(code, encoding="utf-8")
    async with Client(build(Roots((root.resolve(),)), team_rules=trusted)) as client:
        answer = await client.call_tool("review_code", {"code": "x = 1\n", "path": "app/x.py"})
    assert marker.exists() == answer.is_error == trusted
    assert ("1 rule not run: team rule, not loaded" in str(answer.content)) != trusted
