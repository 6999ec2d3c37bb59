"""A client of the backend in the working directory, which notes what no answer may be."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from app.core import security
from app.db.session import get_engine
from app.main import app
from app.superuser import main as promote
from httpx2 import ASGITransport, AsyncClient, Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event

PREFIX = "/api/v1"
PASSWORD = "S3cret-pass-of-users"
Headers = Mapping[str, str]


class Api:
    """Sends requests as someone; a server error, and an error that is no problem document, is a fault by itself."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.faults: list[str] = []
        self.numbers = count(1)
        self.people: dict[str, tuple[str, Headers]] = {}

    def fault(self, where: str, what: object) -> None:
        """Note what does not hold."""
        self.faults.append(f"{where}: {what}"[:600])

    async def call(self, method: str, path: str, *, who: str = "", body: Any = ..., **options: Any) -> Response:
        """The answer to a request of `who`, who is nobody, "alice", "bob" or "admin"; `body` is sent as JSON."""
        headers = dict(self.people[who][1]) if who else {}
        if body is not ...:
            options["content"] = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        response = await self.client.request(method, path, headers=headers, **options)
        where = f"{method} {path}"
        if response.status_code >= 500:
            self.fault(where, f"{response.status_code} for {str(body)[:200]}")
        elif response.status_code >= 400:
            self._check_problem(where, response)
        return response

    async def expect(self, status: int, method: str, path: str, why: str, **options: Any) -> Any:
        """The answer's body, where it has the status that it must have; else a fault and None."""
        response = await self.call(method, path, **options)
        if response.status_code != status:
            sent = str(options.get("body", ""))[:150]
            self.fault(
                f"{method} {path}", f"{why}: {response.status_code}, not {status}: {response.text[:200]} for {sent}"
            )
            return None
        return response.json() if response.content else {}

    async def together(self, calls: list[dict[str, Any]]) -> list[int]:
        """The statuses of requests sent at once."""
        return sorted([found.status_code for found in await asyncio.gather(*(self.call(**call) for call in calls))])

    def _check_problem(self, where: str, response: Response) -> None:
        try:
            shape = response.json()
        except ValueError:
            shape = {}
        kind = response.headers.get("content-type", "")
        if not kind.startswith("application/problem+json") or shape.get("status") != response.status_code:
            self.fault(where, f"{response.status_code} is no problem document: {kind} {response.text[:100]}")
        if PASSWORD in response.text:
            self.fault(where, "an error shows the password that was sent")


async def sign_up(api: Api, name: str, *, admin: bool = False) -> None:
    """A user called `name`, logged in."""
    email = f"{name}@example.com"
    fields = {"email": email, "username": f"{name}-of-tests", "password": PASSWORD}
    created = await api.expect(201, "POST", f"{PREFIX}/users", "sign up", body=fields)
    if admin:
        await promote(email)
    form = {"username": email, "password": PASSWORD}
    token = (await api.call("POST", f"{PREFIX}/auth/login", data=form)).json()
    api.people[name] = (created["id"], {"Authorization": f"Bearer {token.get('access_token')}"})


@asynccontextmanager
async def open_api() -> AsyncIterator[Api]:
    """A client over the real application, with three users; passwords are hashed cheaply."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    security.get_hasher = lambda: hasher  # type: ignore[assignment]
    engine = get_engine().sync_engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        api = Api(client)
        await sign_up(api, "alice")
        await sign_up(api, "bob")
        await sign_up(api, "admin", admin=True)
        yield api
    await get_engine().dispose()
