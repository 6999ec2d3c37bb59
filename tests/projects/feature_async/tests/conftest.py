import pytest
from httpx2 import ASGITransport, AsyncClient

from shop.database import Base, engine
from shop.main import app


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def client(anyio_backend):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def brand(client):
    response = await client.post("/api/brands/", json={"name": "Acme"})
    return response.json()
