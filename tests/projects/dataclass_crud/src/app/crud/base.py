from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..core.db import Base

ModelType = TypeVar("ModelType", bound=Base)
CreateType = TypeVar("CreateType", bound=BaseModel)
UpdateType = TypeVar("UpdateType", bound=BaseModel)


class CRUDBase(Generic[ModelType, CreateType, UpdateType]):
    def __init__(self, model: type[ModelType]) -> None:
        self.model = model

    async def create(self, db: AsyncSession, object: CreateType) -> ModelType:
        row = self.model(**object.model_dump())
        db.add(row)
        await db.commit()
        return row

    async def get(self, db: AsyncSession, **filters: Any) -> ModelType | None:
        return (await db.scalars(select(self.model).filter_by(**filters))).first()

    async def get_multi(self, db: AsyncSession, offset: int = 0, limit: int = 10, **filters: Any) -> dict[str, Any]:
        found = select(self.model).filter_by(**filters)
        total = await db.scalar(select(func.count()).select_from(found.subquery()))
        rows = (await db.scalars(found.offset(offset).limit(limit))).all()
        return {"data": rows, "total_count": total}

    async def update(self, db: AsyncSession, row: ModelType, object: UpdateType) -> None:
        for key, value in object.model_dump(exclude_unset=True).items():
            setattr(row, key, value)
        await db.commit()

    async def delete(self, db: AsyncSession, row: ModelType) -> None:
        row.is_deleted = True  # type: ignore[attr-defined]
        await db.commit()
