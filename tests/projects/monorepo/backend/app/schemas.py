from pydantic import BaseModel, ConfigDict


class JarCreate(BaseModel):
    label: str
    grams: int
    room_id: int


class JarPublic(JarCreate):
    model_config = ConfigDict(from_attributes=True)

    id: int
