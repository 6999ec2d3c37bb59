from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.book import Book
from app.schemas.book import BookCreate


class BookRepository:
    def __init__(self, session: Session) -> None:
        self.session = session

    def list(self, skip: int, limit: int) -> Sequence[Book]:
        return self.session.scalars(select(Book).order_by(Book.id).offset(skip).limit(limit)).all()

    def count(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Book)) or 0

    def get(self, book_id: int) -> Book | None:
        return self.session.get(Book, book_id)

    def create(self, body: BookCreate) -> Book:
        book = Book(**body.model_dump())
        self.session.add(book)
        self.session.commit()
        return book
