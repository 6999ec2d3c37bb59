from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db import async_get_db
from ...core.exceptions import NotFoundException
from ...crud.crud_posts import crud_posts
from ...models.user import User
from ...schemas.post import PostCreate, PostCreateInternal, PostRead, PostsRead, PostUpdate
from ..dependencies import get_current_user

router = APIRouter(tags=["posts"])


@router.post("/post", response_model=PostRead, status_code=201)
async def write_post(
    post: PostCreate,
    current_user: Annotated[User, Depends(get_current_user)],
    db: Annotated[AsyncSession, Depends(async_get_db)],
):
    post_internal = PostCreateInternal(**post.model_dump(), created_by_user_id=current_user.id)
    return await crud_posts.create(db, post_internal)


@router.get("/posts", response_model=PostsRead)
async def read_posts(db: Annotated[AsyncSession, Depends(async_get_db)], page: int = 1, items_per_page: int = 10):
    return await crud_posts.get_multi(db, offset=(page - 1) * items_per_page, limit=items_per_page, is_deleted=False)


@router.get("/post/{id}", response_model=PostRead)
async def read_post(id: int, db: Annotated[AsyncSession, Depends(async_get_db)]):
    db_post = await crud_posts.get(db, id=id, is_deleted=False)
    if db_post is None:
        raise NotFoundException("Post not found")
    return db_post


@router.patch("/post/{id}")
async def patch_post(
    id: int,
    values: PostUpdate,
    current_user: Annotated[User, Depends(get_current_user)],
    db: Annotated[AsyncSession, Depends(async_get_db)],
) -> dict[str, str]:
    db_post = await crud_posts.get(db, id=id, created_by_user_id=current_user.id, is_deleted=False)
    if db_post is None:
        raise NotFoundException("Post not found")
    await crud_posts.update(db, db_post, values)
    return {"message": "Post updated"}


@router.delete("/post/{id}")
async def erase_post(
    id: int,
    current_user: Annotated[User, Depends(get_current_user)],
    db: Annotated[AsyncSession, Depends(async_get_db)],
) -> dict[str, str]:
    db_post = await crud_posts.get(db, id=id, created_by_user_id=current_user.id, is_deleted=False)
    if db_post is None:
        raise NotFoundException("Post not found")
    await crud_posts.delete(db, db_post)
    return {"message": "Post deleted"}
