"""Where a client shows forms, its user is asked for the fields that a wish leaves out, once; elsewhere the answer asks."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.types import ElicitRequestParams, ElicitResult

from layerwise.app import build
from layerwise.roots import Roots

pytestmark = pytest.mark.asyncio


class User:
    """A user who answers each form in the same way, and remembers what was asked."""

    def __init__(self, action: Any, content: dict[str, Any] | None = None) -> None:
        self.asked: list[Any] = []
        self._answer = ElicitResult(action=action, content=content)

    async def answer(self, _: Any, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params)
        return self._answer


@asynccontextmanager
async def open_client(root: Path, mode: str, user: User | None) -> AsyncIterator[Client]:
    server = build(Roots((root.resolve(),)))
    async with Client(server, mode=mode, elicitation_callback=user.answer if user else None) as client:
        yield client


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_fields_that_the_user_gives_are_generated_and_told(root: Path, mode: str) -> None:
    user = User("accept", {"fields": "title:str(50)!, pages:int?"})
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "layerwise", "serve", "--root", str(root)], env=None
    )
    async with Client(server, mode=mode, elicitation_callback=user.answer) as client:
        made = await client.call_tool("generate_code", {"request": "create a Book resource", "max_tokens": 6_000})
        assert not made.is_error, made.content
        again = {"request": "create a Book resource", "fields": "title:str(50)!, pages:int?"}
        assert (await client.call_tool("generate_code", again)).structured_content["id"] == made.structured_content[
            "id"
        ]
    assert "title" in made.content[0].text
    assert "fields='title:str(50)!, pages:int?'" in made.content[0].text
    assert any("pages:int?" in notice for notice in made.structured_content["notices"])
    (form,) = user.asked
    assert "Book" in form.message
    asked = form.requested_schema["properties"]
    assert list(asked) == ["fields"]
    assert ":" in asked["fields"]["default"]


async def test_an_accepted_form_that_was_left_as_it_is_takes_the_proposal(root: Path, mode: str) -> None:
    user = User("accept", {})
    async with open_client(root, mode, user) as client:
        made = await client.call_tool("generate_code", {"name": "Gadget"})
    assert not made.is_error, made.content
    assert user.asked[0].requested_schema["properties"]["fields"]["default"] in made.content[0].text


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_user_who_does_not_want_to_say_gets_the_plain_answer(root: Path, mode: str, action: str) -> None:
    plain, user = await answer_plainly(root, mode), User(action)
    async with open_client(root, mode, user) as client:
        refused = await client.call_tool("generate_code", {"request": "create a Book resource"})
    assert (refused.is_error, refused.content[0].text) == (True, plain)
    assert len(user.asked) == 1


async def answer_plainly(root: Path, mode: str) -> str:
    """What a client without forms is told."""
    async with open_client(root, mode, None) as client:
        refused = await client.call_tool("generate_code", {"request": "create a Book resource"})
    assert refused.is_error
    assert "the fields of Book are not known and are not invented" in refused.content[0].text
    return str(refused.content[0].text)


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "Book", "fields": "title:str"},
        {"spec": {"name": "Book", "fields": "title:str"}},
        {"request": "create a UserService"},
        {"request": "create a Book resource with title:str"},
        {"cursor": "nonsense"},
        {"request": "field Book note:text?"},
        {"request": "%%%"},
        {},
    ],
)
async def test_nobody_is_asked_where_fields_are_not_what_is_missing(
    root: Path, mode: str, arguments: dict[str, Any]
) -> None:
    user = User("accept", {"fields": "x:int"})
    async with open_client(root, mode, user) as client:
        told = await client.call_tool("generate_code", arguments)
    async with open_client(root, mode, None) as client:
        plain = await client.call_tool("generate_code", arguments)
    assert not user.asked
    assert (told.is_error, told.content) == (plain.is_error, plain.content)


async def test_fields_that_the_user_mistypes_are_refused_with_help(root: Path, mode: str) -> None:
    async with open_client(root, mode, User("accept", {"fields": "title:strr"})) as client:
        refused = await client.call_tool("generate_code", {"name": "Book"})
    assert refused.is_error
    assert "strr" in refused.content[0].text
