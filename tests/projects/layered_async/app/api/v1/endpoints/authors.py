from fastapi import APIRouter, status

from app.api.deps import AuthorServiceDep
from app.models.author import Author
from app.schemas.author import AuthorCreate, AuthorResponse

router = APIRouter(prefix="/authors", tags=["authors"])


@router.post("", response_model=AuthorResponse, status_code=status.HTTP_201_CREATED)
async def create_author(data: AuthorCreate, service: AuthorServiceDep) -> Author:
    return await service.create(data)
