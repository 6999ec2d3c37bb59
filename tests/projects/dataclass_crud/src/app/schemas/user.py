from pydantic import BaseModel


class UserCreate(BaseModel):
    username: str


class UserRead(UserCreate):
    id: int
