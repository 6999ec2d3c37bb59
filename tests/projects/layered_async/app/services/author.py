from app.models.author import Author
from app.repositories.author import AuthorRepository
from app.schemas.author import AuthorCreate


class AuthorService:
    def __init__(self, authors: AuthorRepository) -> None:
        self.authors = authors

    async def create(self, data: AuthorCreate) -> Author:
        return await self.authors.add(Author(**data.model_dump()))
