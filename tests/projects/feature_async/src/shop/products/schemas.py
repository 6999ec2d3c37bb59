import uuid
from decimal import Decimal

from pydantic import BaseModel, Field


class ProductIn(BaseModel):
    title: str = Field(max_length=120)
    price: Decimal = Field(max_digits=10, decimal_places=2)
    brand_id: uuid.UUID


class ProductPatch(BaseModel):
    title: str | None = None
    price: Decimal | None = None


class ProductOut(ProductIn):
    id: uuid.UUID
