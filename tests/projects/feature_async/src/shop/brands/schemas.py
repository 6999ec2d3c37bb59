import uuid

from pydantic import BaseModel


class BrandIn(BaseModel):
    name: str


class BrandOut(BrandIn):
    id: uuid.UUID
