from collections.abc import Generator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import Session

from app import crud
from app.db import open_session
from app.models import User


def get_db() -> Generator[Session, None, None]:
    with open_session() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_db)]


def get_current_user(session: SessionDep, x_email: Annotated[str, Header()]) -> User:
    user = crud.get_user_by_email(session=session, email=x_email)
    if not user:
        raise HTTPException(status_code=401, detail="Could not validate credentials")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
