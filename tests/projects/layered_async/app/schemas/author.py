from pydantic import BaseModel, ConfigDict, Field


class AuthorCreate(BaseModel):
    name: str = Field(max_length=120)


class AuthorResponse(AuthorCreate):
    model_config = ConfigDict(from_attributes=True)

    id: int
