"""The Skills extension as a host sees it, in both protocol eras."""

import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import strictyaml
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, BlobResourceContents, Request
from pydantic import BaseModel, ConfigDict

from layerwise.assets import folder
from layerwise.mcp.server import build_server
from layerwise.skills import load_all

Connect = Callable[[], AbstractAsyncContextManager[Client]]
Host = Callable[[Mapping[str, bytes]], AbstractAsyncContextManager[Client]]
pytestmark = pytest.mark.asyncio

EXTENSION = "io.modelcontextprotocol/skills"
HOME = folder("skills")
PATTERNS = "skill://python-backend-patterns"
HEAD = b'---\nname: "kit"\ndescription: "A kit. Use when testing."\n---\n\n# Kit\n'


class Call(Request[dict[str, Any], str]):
    """A request of an extension."""

    method: str


class Answer(BaseModel):
    """Whatever came back."""

    model_config = ConfigDict(extra="allow")


async def ask(client: Client, method: str, **params: Any) -> dict[str, Any]:
    answer = await client.session.send_request(Call(method=method, params=params), Answer)
    return answer.model_dump(by_alias=True)


async def refuse(client: Client, method: str, **params: Any) -> str:
    """The message with which the request is refused as having invalid parameters."""
    with pytest.raises(MCPError) as caught:
        await ask(client, method, **params)
    assert caught.value.error.code == INVALID_PARAMS
    return caught.value.error.message


async def list_skills(client: Client) -> list[dict[str, Any]]:
    skills: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await ask(client, "skills/list", **cursor)
        skills += answer["skills"]
        if not (following := answer.get("nextCursor")):
            return skills
        cursor = {"cursor": following}


async def read(client: Client, uri: str) -> bytes:
    [content] = (await client.read_resource(uri)).contents
    return base64.b64decode(content.blob) if isinstance(content, BlobResourceContents) else content.text.encode()


def list_files(home: Path) -> list[str]:
    """Every file that a skill folder ought to serve, by a walk of its own."""
    paths = [path.relative_to(home) for path in home.rglob("*") if path.is_file()]
    return sorted(str(path) for path in paths if "__pycache__" not in path.parts and not path.name.startswith("."))


def list_folders(home: Path) -> list[Path]:
    return [home, *(path for path in sorted(home.rglob("*")) if path.is_dir() and path.name != "__pycache__")]


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path, connect: Connect) -> Host:
    """Opens a client, in the era of `connect`, to a server whose only skills are those made of the given files."""
    mode = str(request.node.callspec.params["connect"])

    @asynccontextmanager
    async def open_client(files: Mapping[str, bytes]) -> AsyncIterator[Client]:
        for name, content in files.items():
            path = tmp_path / "skills" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        async with Client(build_server(load_all([tmp_path / "skills"]), []), mode=mode) as client:
            yield client

    return open_client


async def test_the_extension_is_declared_beside_resources(connect: Connect) -> None:
    async with connect() as client:
        capabilities = client.server_capabilities
    assert capabilities.extensions == {EXTENSION: {"directoryRead": True}}
    assert capabilities.resources is not None


async def test_every_shipped_skill_is_listed_once_with_a_name_that_all_places_agree_on(connect: Connect) -> None:
    async with connect() as client:
        entries = await list_skills(client)
    assert len(entries) >= 2
    assert sorted(entry["uri"] for entry in entries) == sorted(
        f"skill://{path.parent.name}/SKILL.md" for path in HOME.glob("*/SKILL.md")
    )
    for entry in entries:
        name = entry["frontmatter"]["name"]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert len(name) <= 64
        assert entry["uri"] == f"skill://{name}/SKILL.md"


async def test_frontmatter_is_what_another_yaml_parser_reads_in_the_served_file(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            text = (await read(client, entry["uri"])).decode()
            assert entry["frontmatter"] == strictyaml.load(text.split("---\n")[1]).data


async def test_skills_grant_themselves_no_tools_and_use_no_reserved_key(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            assert "allowed-tools" not in entry["frontmatter"]
            keys = entry["frontmatter"].get("metadata", {})
            assert not [key for key in keys if key.startswith("io.modelcontextprotocol/")]


async def test_the_manifest_is_the_folder_and_every_digest_fits_what_is_read(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            home = HOME / entry["frontmatter"]["name"]
            uris = [resource["uri"] for resource in entry["resources"]]
            assert uris == [f"skill://{home.name}/{name}" for name in list_files(home)]
            assert len(uris) <= 512
            assert sum(resource["size"] for resource in entry["resources"]) <= 16 * 1024 * 1024
            for resource in entry["resources"]:
                content = await read(client, resource["uri"])
                assert resource["size"] == len(content)
                assert resource["digest"] == f"sha256:{sha256(content).hexdigest()}"
                assert re.fullmatch(r"sha256:[0-9a-f]{64}", resource["digest"])


async def test_links_in_a_skill_lead_to_files_in_its_manifest(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            uris = {resource["uri"] for resource in entry["resources"]}
            text = (await read(client, entry["uri"])).decode()
            links = re.findall(r"\]\(([^)#:]+)\)", text)
            assert links
            for link in links:
                assert f"skill://{entry['frontmatter']['name']}/{link}" in uris


async def test_answers_are_complete_and_say_how_long_they_hold(connect: Connect) -> None:
    async with connect() as client:
        for method, params in {
            "skills/list": {},
            "skills/get": {"uri": f"{PATTERNS}/SKILL.md"},
            "resources/directory/read": {"uri": PATTERNS},
        }.items():
            answer = await ask(client, method, **params)
            assert (answer["resultType"], answer["cacheScope"]) == ("complete", "public")
            assert answer["ttlMs"] > 0
            assert "nextCursor" not in answer


async def test_getting_a_skill_gives_its_entry_in_the_list(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            assert (await ask(client, "skills/get", uri=entry["uri"]))["skill"] == entry


@pytest.mark.parametrize(
    "uri", ["skill://nobody/SKILL.md", f"{PATTERNS}/references/async.md", PATTERNS, "", "x" * 50_000]
)
async def test_what_is_no_skill_cannot_be_got(connect: Connect, uri: str) -> None:
    async with connect() as client:
        message = await refuse(client, "skills/get", uri=uri)
    assert f"{PATTERNS}/SKILL.md" in message
    assert len(message) < 1000


@pytest.mark.parametrize("method", ["skills/get", "resources/directory/read"])
@pytest.mark.parametrize("params", [{}, {"uri": None}, {"uri": 7}, {"uri": ["x"]}])
async def test_a_missing_or_mistyped_uri_is_refused(connect: Connect, method: str, params: dict[str, Any]) -> None:
    async with connect() as client:
        await refuse(client, method, **params)


@pytest.mark.parametrize("cursor", ["", "0", "-1", "100", "1e2", "٣", "x" * 50_000, 1])
async def test_a_cursor_that_was_not_given_out_is_refused(connect: Connect, cursor: object) -> None:
    async with connect() as client:
        await refuse(client, "skills/list", cursor=cursor)
        await refuse(client, "resources/directory/read", uri=PATTERNS, cursor=cursor)


async def test_reading_a_folder_gives_its_direct_children(connect: Connect) -> None:
    async with connect() as client:
        for entry in await list_skills(client):
            home = HOME / entry["frontmatter"]["name"]
            for path in list_folders(home):
                uri = f"skill://{path.relative_to(HOME).as_posix()}"
                children = (await ask(client, "resources/directory/read", uri=uri))["resources"]
                assert {child["uri"]: child["mimeType"] == "inode/directory" for child in children} == {
                    f"{uri}/{child.name}": child.is_dir()
                    for child in path.iterdir()
                    if child.name != "__pycache__" and not child.name.startswith(".")
                }


@pytest.mark.parametrize(
    "uri", [f"{PATTERNS}/", f"{PATTERNS}/SKILL.md", f"{PATTERNS}/nothing", "skill://", "skill://nobody", "file:///etc"]
)
async def test_what_is_no_folder_cannot_be_read_as_one(connect: Connect, uri: str) -> None:
    async with connect() as client:
        await refuse(client, "resources/directory/read", uri=uri)


async def test_the_skill_file_is_a_markdown_resource_named_and_described_by_its_frontmatter(connect: Connect) -> None:
    async with connect() as client:
        resources = {resource.uri: resource for resource in (await client.list_resources()).resources}
        for entry in await list_skills(client):
            resource = resources[entry["uri"]]
            assert resource.mime_type == "text/markdown"
            assert resource.name == entry["frontmatter"]["name"]
            assert resource.description == entry["frontmatter"]["description"]


@pytest.mark.parametrize(
    "path",
    [
        "../async-python/SKILL.md",
        "references/../SKILL.md",
        "references/..%2fSKILL.md",
        "%2e%2e/%2e%2e/pyproject.toml",
        "references/%2e%2e.md",
        "references/..\\..\\x.md",
        "references//etc/passwd.md",
        "/etc/passwd",
        "references/async\0.md",
        "references/async%00.md",
        "references/nothing.md",
        "nothing",
    ],
)
async def test_no_path_leads_out_of_the_served_files(connect: Connect, path: str) -> None:
    async with connect() as client:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(f"{PATTERNS}/{path}")
    assert caught.value.error.code == INVALID_PARAMS


async def test_any_bytes_and_any_name_survive_the_way(host: Host) -> None:
    odd = {
        "SKILL.md": HEAD.replace(b"\n", b"\r\n"),
        "assets/marked.txt": b"\xef\xbb\xbftext\r\nwith a mark\r\n",
        "assets/nul.txt": b"a\0b",
        "assets/picture.png": b"\x89PNG\r\n\x1a\n\xff\xfe",
        "assets/empty": b"",
        "assets/été 100%?#.txt": "naïve\n".encode(),
    }
    async with host({f"kit/{name}": content for name, content in odd.items()}) as client:
        [entry] = await list_skills(client)
        served = [(await read(client, resource["uri"]), resource) for resource in entry["resources"]]
        children = (await ask(client, "resources/directory/read", uri="skill://kit/assets"))["resources"]
    assert [content for content, _ in served] == [odd[name] for name in sorted(odd)]
    assert all(resource["digest"] == f"sha256:{sha256(content).hexdigest()}" for content, resource in served)
    assert all(re.fullmatch(r"skill://[\w./%-]+", resource["uri"], re.ASCII) for _, resource in served)
    assert [child["name"] for child in children] == sorted(
        PurePosixPath(name).name for name in odd if name.startswith("assets/")
    )


async def test_hidden_files_and_caches_are_not_served(host: Host) -> None:
    files = {"kit/SKILL.md": HEAD, "kit/.env": b"x", "kit/.git/config": b"x", "kit/a/__pycache__/a.pyc": b"x"}
    async with host(files) as client:
        [entry] = await list_skills(client)
        children = (await ask(client, "resources/directory/read", uri="skill://kit"))["resources"]
        await refuse(client, "resources/directory/read", uri="skill://kit/.git")
    assert [resource["uri"] for resource in entry["resources"]] == ["skill://kit/SKILL.md"]
    assert [child["uri"] for child in children] == ["skill://kit/SKILL.md"]


async def test_a_skill_inside_a_skill_counts_among_the_files_of_the_outer_one(host: Host) -> None:
    files = {"kit/SKILL.md": HEAD, "kit/inner/deep/SKILL.md": HEAD.replace(b'"kit"', b'"deep"')}
    async with host(files) as client:
        [entry] = await list_skills(client)
        children = (await ask(client, "resources/directory/read", uri="skill://kit/inner"))["resources"]
    assert [resource["uri"] for resource in entry["resources"]] == [
        "skill://kit/SKILL.md",
        "skill://kit/inner/deep/SKILL.md",
    ]
    assert children == [{"uri": "skill://kit/inner/deep", "name": "deep", "mimeType": "inode/directory"}]


async def test_a_long_list_comes_in_pages_that_add_up(host: Host) -> None:
    names = [f"kit-{number:03}" for number in range(203)]
    files = {f"{name}/SKILL.md": HEAD.replace(b'"kit"', b'"%s"' % name.encode()) for name in names}
    async with host(files) as client:
        first = await ask(client, "skills/list")
        entries = await list_skills(client)
    assert len(first["skills"]) == 100
    assert [entry["frontmatter"]["name"] for entry in entries] == names


async def test_a_large_folder_comes_in_pages_that_add_up(host: Host) -> None:
    names = [f"{number:03}.txt" for number in range(200)]
    async with host({"kit/SKILL.md": HEAD} | {f"kit/assets/{name}": b"x" for name in names}) as client:
        first = await ask(client, "resources/directory/read", uri="skill://kit/assets")
        second = await ask(client, "resources/directory/read", uri="skill://kit/assets", cursor=first["nextCursor"])
        await refuse(client, "resources/directory/read", uri="skill://kit", cursor=first["nextCursor"])
    assert [child["name"] for child in first["resources"] + second["resources"]] == names
    assert "nextCursor" not in second


async def test_a_client_that_knows_no_extension_gets_every_topic_by_a_tool(connect: Connect) -> None:
    async with connect() as client:
        for skill in load_all([HOME]).values():
            for name, topic in skill.topics.items():
                result = await client.call_tool("get_guidance", {"topics": [name], "max_tokens": 6000})
                assert not result.is_error
                text = result.content[0].text
                for section in topic.sections:
                    assert section.text.strip() in text
