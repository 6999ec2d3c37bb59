import pytest_asyncio
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import engine
from app.main import app
from app.models import Driver


@pytest_asyncio.fixture
async def session():
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
    await engine.dispose()


@pytest_asyncio.fixture
async def driver(session) -> Driver:
    driver = Driver(name="Ann")
    session.add(driver)
    await session.commit()
    return driver


@pytest_asyncio.fixture
async def client(session):
    async with AsyncClient(
        transport=ASGITransport(app=app), base_url="http://test"
    ) as client:
        yield client
