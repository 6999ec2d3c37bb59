"""Growing and removing through the tools."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from mcp.client import Client

Connect = Callable[[], AbstractAsyncContextManager[Client]]
pytestmark = pytest.mark.asyncio


async def test_a_resource_grows_and_goes_through_the_tools(connect: Connect, root: Path) -> None:
    async with connect() as client:

        async def do(**arguments: str) -> list[str]:
            planned = await client.call_tool("generate_code", arguments)
            assert not planned.is_error, planned.content
            assert not planned.structured_content["issues"]
            await client.call_tool("apply_changes", {"id": planned.structured_content["id"]})
            return [file["path"] for file in planned.structured_content["files"]]

        await do(request="create a UserService")
        await do(name="Product", fields="name:str(50)")
        files = await do(request="field Product note:text?")
        assert "backend/app/models/product.py" in files
        assert any(path.endswith("_add_note_to_products.py") for path in files)
        await do(request="remove Product note")
        await do(request="remove Product")
        assert not (root / "backend/app/models/product.py").exists()
        refused = await client.call_tool("generate_code", {"request": "field Product note:text?"})
    assert refused.is_error
    assert "No generated resource is called 'Product'" in refused.content[0].text
