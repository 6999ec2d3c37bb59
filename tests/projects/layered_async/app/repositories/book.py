from sqlalchemy import select

from app.models.book import Book
from app.repositories.base import BaseRepository


class BookRepository(BaseRepository[Book]):
    model = Book

    async def get_by_title(self, title: str) -> Book | None:
        return await self.session.scalar(select(Book).where(Book.title == title))
