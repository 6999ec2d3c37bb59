from fastapi import APIRouter, HTTPException

from app.db import DbSession
from app.repositories.book import BookRepository
from app.schemas.book import BookCreate, BookResponse, BooksResponse

router = APIRouter()


@router.get("")
def list_books(session: DbSession, skip: int = 0, limit: int = 50) -> BooksResponse:
    repository = BookRepository(session)
    return BooksResponse(data=repository.list(skip, limit), count=repository.count())


@router.get("/{book_id}")
def get_book(book_id: int, session: DbSession) -> BookResponse:
    book = BookRepository(session).get(book_id)
    if book is None:
        raise HTTPException(status_code=404, detail="Book not found")
    return BookResponse.model_validate(book)


@router.post("", status_code=201)
def create_book(body: BookCreate, session: DbSession) -> BookResponse:
    return BookResponse.model_validate(BookRepository(session).create(body))
