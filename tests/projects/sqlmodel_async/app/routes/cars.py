import uuid

from fastapi import APIRouter, HTTPException
from sqlmodel import select

from app.db import SessionDep
from app.models.car import Car, CarCreate, CarRead

router = APIRouter(prefix="/cars", tags=["cars"])


@router.get("")
async def list_cars(session: SessionDep) -> list[CarRead]:
    cars = await session.exec(select(Car).order_by(Car.id))
    return [CarRead.model_validate(car) for car in cars]


@router.get("/{car_id}")
async def get_car(car_id: uuid.UUID, session: SessionDep) -> CarRead:
    car = await session.get(Car, car_id)
    if car is None:
        raise HTTPException(status_code=404, detail="Car not found")
    return CarRead.model_validate(car)


@router.post("", status_code=201)
async def create_car(body: CarCreate, session: SessionDep) -> CarRead:
    car = Car.model_validate(body)
    session.add(car)
    await session.flush()
    return CarRead.model_validate(car)
