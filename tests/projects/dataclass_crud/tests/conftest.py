from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.core.db import Base, async_engine, local_session
from app.main import app
from app.models.user import User


@pytest.fixture(autouse=True)
async def tables() -> AsyncIterator[None]:
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with local_session() as db:
        db.add(User(username="ann"))
        await db.commit()
    yield


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    headers = {"x-username": "ann"}
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test", headers=headers) as client:
        yield client
