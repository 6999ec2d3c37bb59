"""What a client of the official TypeScript SDK sees: tools, prompts, resources, and skills that it verifies itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from layerwise import __version__
from layerwise.assets import folder

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

REVISIONS = {"auto": "2026-07-28", "legacy": "2025-11-25"}


@pytest_asyncio.fixture(params=["stdio", "http"])
async def client(
    request: pytest.FixtureRequest, connect_typescript: Any, era: str, tmp_path: Path
) -> AsyncIterator[Any]:
    root = tmp_path / "project"
    root.mkdir()
    async with connect_typescript(root, era, request.param) as client:
        yield client


async def test_the_server_presents_itself_in_the_revision_that_was_asked_for(client: Any, era: str) -> None:
    described = await client.ask("describe")
    assert described["revision"] == REVISIONS[era]
    assert (described["server"]["name"], described["server"]["version"]) == ("layerwise", __version__)
    assert "detect_triggers" in described["instructions"]


async def test_tools_prompts_and_resources_are_listed_and_used(client: Any) -> None:
    assert len((await client.ask("listTools"))["tools"]) == 6
    prompts = [prompt["name"] for prompt in (await client.ask("listPrompts"))["prompts"]]
    prompt = await client.ask("getPrompt", {"name": prompts[0], "arguments": {"name": "User"}})
    assert "generate_code" in prompt["messages"][0]["content"]["text"]
    uri = "skill://python-backend-patterns/SKILL.md"
    assert uri in {resource["uri"] for resource in (await client.ask("listResources"))["resources"]}
    [content] = (await client.ask("readResource", {"uri": uri}))["contents"]
    assert content["text"] == (folder("skills") / "python-backend-patterns" / "SKILL.md").read_text(encoding="utf-8")


async def test_every_skill_file_passes_the_clients_own_verification(client: Any) -> None:
    files = [path for path in folder("skills").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    sizes = await client.ask("readSkills")
    on_disk = {f"skill://{path.relative_to(folder('skills')).as_posix()}": path.stat().st_size for path in files}
    assert sizes == on_disk


async def test_a_refused_call_comes_back_as_an_error_that_explains_itself(client: Any) -> None:
    result = await client.call_tool("get_guidance", {"topics": ["sesions"]})
    assert result.is_error
    assert "'sessions'" in result.content[0]["text"]
