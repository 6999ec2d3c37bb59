from pydantic import BaseModel, ConfigDict, Field


class TicketCreate(BaseModel):
    subject: str = Field(max_length=120)
    priority: int = 1
    customer_id: int


class TicketUpdate(BaseModel):
    subject: str | None = None
    priority: int | None = None


class Ticket(TicketCreate):
    model_config = ConfigDict(from_attributes=True)

    id: int
