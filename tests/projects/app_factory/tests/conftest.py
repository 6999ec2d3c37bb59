import pytest_asyncio
from httpx2 import ASGITransport, AsyncClient

from app.app import app
from app.models import Customer, Model
from app.postgres import engine, sessionmaker


@pytest_asyncio.fixture
async def session():
    async with engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    async with sessionmaker() as session:
        yield session


@pytest_asyncio.fixture
async def customer(session) -> Customer:
    customer = Customer(name='Ann')
    session.add(customer)
    await session.commit()
    return customer


@pytest_asyncio.fixture
async def client():
    async with AsyncClient(transport=ASGITransport(app=app), base_url='http://test') as client:
        yield client
