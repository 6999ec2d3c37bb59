"""Hostile input at every tool, through a real client: a clear error each, nothing written, the server lives on."""

from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

HALF_A_FUNCTION = "async def get_user(user_id: int, session: AsyncSession = Depends(get_db)) -> UserResp"

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("detect_triggers", {"prompt": 7}, "prompt"),
    ("detect_triggers", {"prompt": "add an endpoint", "output": "xml"}, "output"),
    ("get_guidance", {"topics": ["sesions"]}, "sessions"),
    ("get_guidance", {"triggers": ["rout"]}, "route"),
    ("get_guidance", {"topics": "sessions"}, "list"),
    ("get_guidance", {"max_tokens": -5}, "max_tokens"),
    ("get_guidance", {"question": "x" * 100_000}, "characters"),
    ("inspect_project", {"section": "modles"}, "models"),
    ("inspect_project", {"project": "/"}, "outside"),
    ("generate_code", {}, "request"),
    ("generate_code", {"request": "create a UserService", "name": "User"}, "one of"),
    ("generate_code", {"name": "class", "fields": "title:str"}, "class"),
    ("generate_code", {"name": "../../evil", "fields": "title:str"}, "evil"),
    ("generate_code", {"name": "Invoice", "fields": "metadata:str"}, "metadata"),
    ("generate_code", {"name": "Invoice", "fields": "total:decimel"}, "decimal"),
    ("generate_code", {"name": "Invoice", "fields": "a:str, a:int"}, "a"),
    ("generate_code", {"name": "Invoice", "fields": "x" * 200_000}, ""),
    ("generate_code", {"name": "In\0voice", "fields": "title:str"}, ""),
    ("generate_code", {"spec": {"name": "Invoice", "feilds": []}}, "fields"),
    ("generate_code", {"request": "create an InvoiceService"}, "fields"),
    ("generate_code", {"request": "create a UserService", "verify": "hard"}, "verify"),
    ("review_code", {"paths": ["../.."]}, "outside"),
    ("review_code", {"paths": ["nowhere.py"]}, "nowhere.py"),
    ("review_code", {"code": "x = 1", "paths": ["."]}, "one at a time"),
    ("review_code", {"code": "x = 1", "select": ["no-such-rule"]}, "no-such-rule"),
    ("review_code", {"code": "x = 1", "cursor": "junk"}, "cursor"),
    ("apply_changes", {"id": "0123456789ab"}, "0123456789ab"),
    ("apply_changes", {"id": "../../evil"}, "evil"),
    ("apply_changes", {"undo": True}, "undo"),
]


async def ask(client: Client, tool: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    result = await client.call_tool(tool, arguments)
    return bool(result.is_error), "\n".join(content.text for content in result.content)


async def test_every_tool_explains_what_it_refuses_and_writes_nothing(connect: Any, era: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "secret.txt").symlink_to("/etc/hostname")
    async with connect(root, era) as client:
        for tool, arguments, said in REFUSED:
            refused, text = await ask(client, tool, arguments)
            assert refused, (tool, str(arguments)[:200], text[:500])
            assert said in text, (tool, str(arguments)[:200], text[:500])
            assert "Traceback" not in text
            assert len(text) < 8000, (tool, len(text))
        alive, _ = await ask(client, "detect_triggers", {"prompt": "add an endpoint"})
        assert not alive
    assert [path.name for path in root.iterdir()] == ["secret.txt"]


async def test_huge_and_broken_code_is_answered_not_fatal(connect: Any, era: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    async with connect(root, era) as client:
        for code in ("x = 1\n" * 850_000, "a\0b", "(" * 5000, "def f(:\n", "\ud7ff" * 1000):
            result = await client.call_tool("review_code", {"code": code})
            structured = result.structured_content or {}
            assert structured.get("errors") or structured.get("findings") or result.is_error, code[:20]
        half = await client.call_tool("review_code", {"code": HALF_A_FUNCTION})
        assert not half.is_error
        assert [finding["code"] for finding in half.structured_content["findings"]] == ["SYN001"]
        detected = await client.call_tool("detect_triggers", {"code": HALF_A_FUNCTION})
        assert not detected.is_error
