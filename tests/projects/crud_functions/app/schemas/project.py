from pydantic import BaseModel, ConfigDict


class ProjectCreate(BaseModel):
    name: str


class ProjectRead(ProjectCreate):
    model_config = ConfigDict(from_attributes=True)

    id: int
