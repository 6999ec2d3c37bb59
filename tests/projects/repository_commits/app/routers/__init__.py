from fastapi import APIRouter

from app.routers import books, health

api_router = APIRouter(prefix="/api")
api_router.include_router(health.router, prefix="/health", tags=["health"])
api_router.include_router(books.router, prefix="/books", tags=["books"])
