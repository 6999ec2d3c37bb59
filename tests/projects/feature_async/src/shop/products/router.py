import uuid

from fastapi import APIRouter

from ..database import Session
from . import service
from .schemas import ProductIn, ProductOut, ProductPatch

router = APIRouter()


@router.get("/", response_model=list[ProductOut])
async def list_products(session: Session, title: str | None = None, limit: int = 50):
    return await service.get_all(session, title=title, limit=limit)


@router.get("/{product_id}", response_model=ProductOut)
async def get_product(product_id: uuid.UUID, session: Session):
    return await service.get(session, product_id)


@router.post("/", response_model=ProductOut, status_code=201)
async def create_product(data: ProductIn, session: Session):
    return await service.create(session, data)


@router.patch("/{product_id}", response_model=ProductOut)
async def update_product(product_id: uuid.UUID, data: ProductPatch, session: Session):
    return await service.update(session, product_id, data)


@router.delete("/{product_id}", status_code=204)
async def delete_product(product_id: uuid.UUID, session: Session):
    await service.delete(session, product_id)
