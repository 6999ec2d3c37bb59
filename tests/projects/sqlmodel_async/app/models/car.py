import uuid

from sqlmodel import Field, SQLModel


class CarBase(SQLModel):
    plate: str = Field(max_length=20)
    seats: int
    driver_id: uuid.UUID = Field(foreign_key="driver.id")


class Car(CarBase, table=True):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)


class CarCreate(CarBase):
    pass


class CarRead(CarBase):
    id: uuid.UUID
