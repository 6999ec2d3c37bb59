from typing import Annotated

from fastapi import Depends

from app.db.session import SessionDep
from app.repositories.author import AuthorRepository
from app.repositories.book import BookRepository
from app.services.author import AuthorService
from app.services.book import BookService


def get_author_service(session: SessionDep) -> AuthorService:
    return AuthorService(AuthorRepository(session))


AuthorServiceDep = Annotated[AuthorService, Depends(get_author_service)]


def get_book_service(session: SessionDep) -> BookService:
    return BookService(BookRepository(session), AuthorRepository(session))


BookServiceDep = Annotated[BookService, Depends(get_book_service)]
