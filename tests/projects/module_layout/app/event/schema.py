from pydantic import BaseModel, ConfigDict


class CreateEventParam(BaseModel):
    topic: str
    seats: int
    venue_id: int


class GetEventDetail(CreateEventParam):
    model_config = ConfigDict(from_attributes=True)

    id: int
