"""The story that the server exists for, told through both official SDKs, over both transports, in both eras."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]


@pytest.fixture(params=["Python over stdio", "TypeScript over stdio", "TypeScript over http"])
def open_client(request: pytest.FixtureRequest, era: str) -> Callable[[Path], Any]:
    """Opens each kind of client to a server over a folder."""
    sdk, _, transport = str(request.param).split()
    if sdk == "Python":
        connect = request.getfixturevalue("connect")
        return lambda root: connect(root, era)
    connect = request.getfixturevalue("connect_typescript")
    return lambda root: connect(root, era, transport)


async def call(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def add(file: Path, imports: str, code: str) -> None:
    """Put imports below the docstring of a module and code at its end."""
    head, docstring_end, rest = file.read_text(encoding="utf-8").partition('"""\n')
    file.write_text(f"{head}{docstring_end}\n{imports}{rest}\n\n{code}", encoding="utf-8")


def break_backend(backend: Path) -> None:
    """A query in a route, a blocking sleep in an async def, and SQL made by an f-string."""
    add(
        backend / "app" / "api" / "v1" / "endpoints" / "users.py",
        "from sqlalchemy import select\n\nfrom app.api.deps import SessionDep\nfrom app.models.user import User\n",
        '@router.get("/named/{name}")\n'
        "async def read_named(name: str, session: SessionDep) -> UserResponse | None:\n"
        "    user = await session.scalar(select(User).where(User.username == name))\n"
        "    return UserResponse.model_validate(user) if user else None\n",
    )
    add(
        backend / "app" / "services" / "user.py",
        "import time\n",
        "async def wait_a_little() -> None:\n    time.sleep(0.01)\n",
    )
    add(
        backend / "app" / "repositories" / "user.py",
        "from typing import Any\n\n"
        "from sqlalchemy import Result, text\nfrom sqlalchemy.ext.asyncio import AsyncSession\n",
        "async def find_by_name(session: AsyncSession, name: str) -> Result[Any]:\n"
        "    return await session.execute(text(f\"SELECT * FROM users WHERE username = '{name}'\"))\n",
    )


async def test_a_prompt_becomes_a_backend_that_survives_being_broken(
    open_client: Callable[[Path], Any], tmp_path: Path, install_backend: Callable[[Path], Path]
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    async with open_client(root) as client:
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
        edits = {finding["name"]: finding["fix"]["edits"] for finding in found["findings"]}
        assert edits.keys() == {"db-access-in-route", "blocking-call-in-async", "interpolated-sql"}
        assert all(edits.values())

        fixed = await call(client, "review_code", paths=["."], fix="all")
        await call(client, "apply_changes", id=fixed["changes"]["id"])
        tests = subprocess.run([python, "-m", "pytest", "-q"], cwd=backend, capture_output=True, text=True, check=False)
        assert tests.returncode == 0, tests.stdout + tests.stderr
        again = await call(client, "review_code", paths=["."])
        assert again["findings"] == []
