from typing import Annotated

from fastapi import APIRouter, Query, status

from app.api.deps import BookServiceDep
from app.models.book import Book
from app.schemas.book import BookCreate, BookResponse, BookUpdate
from app.schemas.page import Page

router = APIRouter(prefix="/books", tags=["books"])


@router.get("", response_model=Page[BookResponse])
async def list_books(
    service: BookServiceDep, skip: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict[str, object]:
    books, total = await service.list(skip, limit)
    return {"items": books, "total": total}


@router.get("/{book_id}", response_model=BookResponse)
async def get_book(book_id: int, service: BookServiceDep) -> Book:
    return await service.get(book_id)


@router.post("", response_model=BookResponse, status_code=status.HTTP_201_CREATED)
async def create_book(data: BookCreate, service: BookServiceDep) -> Book:
    return await service.create(data)


@router.patch("/{book_id}", response_model=BookResponse)
async def update_book(book_id: int, data: BookUpdate, service: BookServiceDep) -> Book:
    return await service.update(book_id, data)


@router.delete("/{book_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_book(book_id: int, service: BookServiceDep) -> None:
    await service.delete(book_id)
