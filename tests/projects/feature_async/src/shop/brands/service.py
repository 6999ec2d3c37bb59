from sqlalchemy.ext.asyncio import AsyncSession

from .models import Brand
from .schemas import BrandIn


async def create(session: AsyncSession, data: BrandIn) -> Brand:
    brand = Brand(name=data.name)
    session.add(brand)
    await session.commit()
    return brand
