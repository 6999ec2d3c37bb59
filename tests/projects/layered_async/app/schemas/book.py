from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class BookBase(BaseModel):
    title: str = Field(max_length=200)
    summary: str | None = None
    author_id: int


class BookCreate(BookBase):
    """What a client sends to create a book."""


class BookUpdate(BaseModel):
    title: str | None = Field(default=None, max_length=200)
    summary: str | None = None
    author_id: int | None = None


class BookResponse(BookBase):
    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: datetime
