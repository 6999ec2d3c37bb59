import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ..brands.models import Brand
from ..exceptions import NotFound
from .models import Product
from .schemas import ProductIn, ProductPatch


async def get(session: AsyncSession, product_id: uuid.UUID) -> Product:
    product = await session.get(Product, product_id)
    if product is None:
        raise NotFound("Product")
    return product


async def get_all(
    session: AsyncSession, title: str | None = None, limit: int = 50
) -> Sequence[Product]:
    statement = select(Product).order_by(Product.title).limit(limit)
    if title is not None:
        statement = statement.where(Product.title == title)
    return (await session.scalars(statement)).all()


async def create(session: AsyncSession, data: ProductIn) -> Product:
    if await session.get(Brand, data.brand_id) is None:
        raise NotFound("Brand")
    product = Product(**data.model_dump())
    session.add(product)
    await session.commit()
    return product


async def update(session: AsyncSession, product_id: uuid.UUID, data: ProductPatch) -> Product:
    product = await get(session, product_id)
    for key, value in data.model_dump(exclude_unset=True).items():
        setattr(product, key, value)
    await session.commit()
    return product


async def delete(session: AsyncSession, product_id: uuid.UUID) -> None:
    await session.delete(await get(session, product_id))
    await session.commit()
