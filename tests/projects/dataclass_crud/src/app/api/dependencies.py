from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession

from ..core.db import async_get_db
from ..core.exceptions import NotFoundException
from ..crud.crud_users import crud_users
from ..models.user import User


async def get_current_user(
    x_username: Annotated[str, Header()], db: Annotated[AsyncSession, Depends(async_get_db)]
) -> User:
    user = await crud_users.get(db, username=x_username)
    if user is None:
        raise NotFoundException("User not found")
    return user
