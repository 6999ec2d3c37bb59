"""No answer costs more than its budget, in either of its forms, in the largest project of the tests; the rest can be had."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

from layerwise.detect.brief import MAX_TOKENS
from layerwise.jobs import Jobs
from layerwise.roots import Roots
from layerwise.tokens import count_tokens

Connect = Callable[[], AbstractAsyncContextManager[Client]]
pytestmark = pytest.mark.asyncio

BAD_ROUTE = """\
import time

from fastapi import APIRouter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.user import User

router = APIRouter()


@router.get("/bad{number}/{{name}}")
async def read_bad{number}(name: str, session: AsyncSession) -> list[User]:
    time.sleep(1)
    await session.execute(text(f"SELECT * FROM users WHERE username = '{{name}}'"))
    return list(await session.scalars(select(User).where(User.username == name).limit(10)))
"""
FIELDS = ", ".join(f"field_{number}:str(20)! unique" for number in range(40))
CODE = "from fastapi import APIRouter\nrouter = APIRouter()\n" + "@router.get('/')\nasync def read(): ...\n" * 2_000
BUDGETS: list[tuple[str, dict[str, Any], int]] = [
    ("detect_triggers", {"prompt": "add an async endpoint, a model and a schema " * 500}, 300),
    ("detect_triggers", {"prompt": "create a OrderService " + "with care " * 700}, 300),
    ("detect_triggers", {"code": CODE}, 300),
    ("detect_triggers", {"code": CODE, "output": "json"}, 300),
    ("detect_triggers", {"diff": "--- a/x.py\n+++ b/x.py\n@@ -0,0 +1 @@\n" + "+x = APIRouter()\n" * 900}, 300),
    ("get_guidance", {}, 1_500),
    ("get_guidance", {"triggers": ["route", "model", "async", "schema"]}, 1_500),
    ("get_guidance", {"question": "how do I test a service with a database?"}, 1_500),
    ("inspect_project", {}, 1_500),
    ("inspect_project", {"section": "routes"}, 1_500),
    ("inspect_project", {"section": "layers"}, 1_500),
    ("generate_code", {"name": "Invoice", "fields": FIELDS}, 1_500),
    ("generate_code", {"name": "Invoice", "fields": FIELDS, "max_tokens": 6_000}, 6_000),
    ("generate_code", {"name": "Invoice", "fields": FIELDS, "max_tokens": 90_000}, 6_000),
    ("review_code", {"paths": ["."]}, 2_000),
    ("review_code", {"code": CODE}, 2_000),
]


@pytest.fixture(autouse=True)
def project(root: Path) -> None:
    """A backend with forty modules that break three rules each."""
    jobs = Jobs(Roots((root.resolve(),)))
    jobs.apply(jobs.generate(request="create a UserService").data["id"])
    for number in range(40):
        file = root / "backend" / "app" / "api" / "v1" / "endpoints" / f"bad{number}.py"
        file.write_text(BAD_ROUTE.format(number=number), encoding="utf-8")


async def test_no_answer_costs_more_than_its_budget(connect: Connect) -> None:
    over = []
    async with connect() as client:
        for tool, arguments, budget in BUDGETS:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            text = "".join(content.text for content in result.content)
            data = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
            if max(count_tokens(text), count_tokens(data)) > budget:
                over.append((tool, str(arguments)[:60], budget, count_tokens(text), count_tokens(data)))
    assert not over


async def test_what_did_not_fit_is_counted_and_comes_with_the_cursor(connect: Connect) -> None:
    async with connect() as client:
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await client.call_tool("review_code", {"paths": ["."], "cursor": cursor})).structured_content
            assert page is not None
            seen += [finding["fingerprint"] for finding in page["findings"]]
            cursor = page["cursor"]
        assert len(seen) == len(set(seen)) == sum(page["totals"].values()) >= 120
        made = (await client.call_tool("generate_code", {"name": "Invoice", "fields": FIELDS})).structured_content
        assert made is not None
        diff, cursor = made["diff"], made["cursor"]
        assert cursor
        while cursor:
            made = (await client.call_tool("generate_code", {"cursor": cursor})).structured_content
            assert made is not None
            diff, cursor = diff + made["diff"], made["cursor"]
        assert all(file["path"] in diff for file in made["files"])


@pytest.mark.parametrize("mode", ["auto", "suggest", "off"])
async def test_a_hook_that_calls_the_running_server_is_answered_as_the_command_answers_it(
    connect: Connect, root: Path, mode: str
) -> None:
    (root / ".layerwise").mkdir(exist_ok=True)
    (root / ".layerwise" / "settings.toml").write_text(f'hooks = "{mode}"\n', encoding="utf-8")
    async with connect() as client:
        result = await client.call_tool("detect_triggers", {"prompt": "add an endpoint " * 900, "output": "hook"})
    if mode == "off":
        assert result.content == []
        return
    told = json.loads(result.content[0].text)["hookSpecificOutput"]
    assert told["hookEventName"] == "UserPromptSubmit"
    assert ("If it helps" in told["additionalContext"]) == (mode == "suggest")
    assert count_tokens(told["additionalContext"]) <= MAX_TOKENS
