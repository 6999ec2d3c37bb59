from fastapi import APIRouter

from .brands.router import router as brands_router
from .products.router import router as products_router

api_router = APIRouter(prefix="/api")
api_router.include_router(brands_router, prefix="/brands", tags=["brands"])
api_router.include_router(products_router, prefix="/products", tags=["products"])
