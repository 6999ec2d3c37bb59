from collections.abc import Sequence

from app.core.exceptions import ConflictError, NotFoundError
from app.models.book import Book
from app.repositories.author import AuthorRepository
from app.repositories.book import BookRepository
from app.schemas.book import BookCreate, BookUpdate


class BookService:
    """What can be done with books."""

    def __init__(self, books: BookRepository, authors: AuthorRepository) -> None:
        self.books = books
        self.authors = authors

    async def get(self, book_id: int) -> Book:
        book = await self.books.get(book_id)
        if book is None:
            raise NotFoundError("Book", book_id)
        return book

    async def list(self, skip: int, limit: int) -> tuple[Sequence[Book], int]:
        return await self.books.list(skip, limit)

    async def create(self, data: BookCreate) -> Book:
        if await self.authors.get(data.author_id) is None:
            raise NotFoundError("Author", data.author_id)
        if await self.books.get_by_title(data.title) is not None:
            raise ConflictError(f"A book called {data.title} exists")
        return await self.books.add(Book(**data.model_dump()))

    async def update(self, book_id: int, data: BookUpdate) -> Book:
        book = await self.get(book_id)
        for name, value in data.model_dump(exclude_unset=True).items():
            setattr(book, name, value)
        return await self.books.add(book)

    async def delete(self, book_id: int) -> None:
        await self.books.delete(await self.get(book_id))
