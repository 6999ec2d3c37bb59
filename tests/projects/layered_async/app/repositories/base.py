from collections.abc import Sequence
from typing import Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base

ModelT = TypeVar("ModelT", bound=Base)


class BaseRepository(Generic[ModelT]):
    model: type[ModelT]

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, key: int) -> ModelT | None:
        return await self.session.get(self.model, key)

    async def add(self, row: ModelT) -> ModelT:
        self.session.add(row)
        await self.session.flush()
        await self.session.refresh(row)
        return row

    async def delete(self, row: ModelT) -> None:
        await self.session.delete(row)

    async def list(self, skip: int, limit: int) -> tuple[Sequence[ModelT], int]:
        rows = await self.session.scalars(select(self.model).offset(skip).limit(limit))
        total = await self.session.scalar(select(func.count()).select_from(self.model))
        return rows.all(), total or 0
