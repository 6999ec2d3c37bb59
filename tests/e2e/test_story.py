"""The story that the server exists for, told through a real stdio client in both protocol eras."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def break_backend(backend: Path) -> None:
    """A query in a route, a blocking sleep in an async def, and SQL made by an f-string."""
    endpoints = backend / "app" / "api" / "v1" / "endpoints" / "users.py"
    service = backend / "app" / "services" / "user.py"
    repository = backend / "app" / "repositories" / "user.py"
    endpoints.write_text(
        endpoints.read_text(encoding="utf-8")
        + "\n\n"
        + '@router.get("/raw/{email}")\n'
        + "async def read_raw(email: str, session: SessionDep) -> list[str]:\n"
        + "    found = await session.execute(select(User.email).where(User.email == email))\n"
        + "    return list(found.scalars().all())\n",
        encoding="utf-8",
    )
    service.write_text(
        service.read_text(encoding="utf-8")
        + "\n\nasync def wait_a_little() -> None:\n    import time\n\n    time.sleep(0.01)\n",
        encoding="utf-8",
    )
    repository.write_text(
        repository.read_text(encoding="utf-8")
        + "\n\nasync def find_by_name(session: AsyncSession, name: str) -> object:\n"
        + "    from sqlalchemy import text\n\n"
        + "    return await session.execute(text(f\"SELECT * FROM users WHERE username = '{name}'\"))\n",
        encoding="utf-8",
    )


async def test_a_prompt_becomes_a_backend_that_survives_being_broken(
    connect: Any, era: str, tmp_path: Path, install_backend: Callable[[Path], Path]
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    async with connect(root, era) as client:
        detected = await call(client, "detect_triggers", prompt="create a UserService")
        assert detected["triggers"]
        assert (detected["entity"], detected["layer"]) == ("User", "service")

        guidance = await call(client, "get_guidance", triggers=[found["name"] for found in detected["triggers"]])
        assert guidance["pieces"]

        preview = await call(client, "generate_code", request="create a UserService")
        assert not preview["issues"]
        assert not list(root.iterdir())

        applied = await call(client, "apply_changes", id=preview["id"])
        assert applied["applied"]
        backend = root / "backend"

        python = install_backend(backend)
        tests = subprocess.run([python, "-m", "pytest", "-q"], cwd=backend, capture_output=True, text=True, check=False)
        assert tests.returncode == 0, tests.stdout + tests.stderr

        clean = await call(client, "review_code", paths=["."])
        assert clean["findings"] == []

        break_backend(backend)
        found = await call(client, "review_code", paths=["."])
        names = {finding["name"] for finding in found["findings"]}
        assert {"db-access-in-route", "blocking-call-in-async", "interpolated-sql-text"} <= names
        for finding in found["findings"]:
            assert finding["fix"] is None or finding["fix"]["edits"]

        fixed = await call(client, "review_code", paths=["."], fix="all")
        await call(client, "apply_changes", id=fixed["changes"]["id"])
        again = await call(client, "review_code", paths=["."])
        assert again["findings"] == []
