from fastapi import APIRouter

from ..database import Session
from . import service
from .schemas import BrandIn, BrandOut

router = APIRouter()


@router.post("/", response_model=BrandOut, status_code=201)
async def create_brand(data: BrandIn, session: Session):
    return await service.create(session, data)
