from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PostBase(BaseModel):
    title: Annotated[str, Field(min_length=2, max_length=30, examples=["This is my post"])]
    text: Annotated[str, Field(min_length=1, max_length=63206, examples=["This is the content of my post."])]


class PostRead(PostBase):
    id: int
    media_url: Annotated[str | None, Field(examples=["https://www.postimageurl.com"], default=None)]
    created_by_user_id: int
    created_at: datetime


class PostCreate(PostBase):
    model_config = ConfigDict(extra="forbid")

    media_url: Annotated[str | None, Field(examples=["https://www.postimageurl.com"], default=None)]


class PostCreateInternal(PostCreate):
    created_by_user_id: int


class PostUpdate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str | None, Field(min_length=2, max_length=30, examples=["This is my updated post"], default=None)]
    text: Annotated[str | None, Field(min_length=1, max_length=63206, default=None)]
    media_url: Annotated[str | None, Field(examples=["https://www.postimageurl.com"], default=None)]


class PostsRead(BaseModel):
    data: list[PostRead]
    total_count: int
