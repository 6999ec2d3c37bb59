from collections.abc import AsyncGenerator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase, MappedAsDataclass):
    pass


async_engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
local_session = async_sessionmaker(bind=async_engine, expire_on_commit=False)


async def async_get_db() -> AsyncGenerator[AsyncSession, None]:
    async with local_session() as db:
        yield db
