from fastapi import APIRouter

from app.api.v1.endpoints import authors, books

router = APIRouter(prefix="/api/v1")
router.include_router(authors.router)
router.include_router(books.router)
