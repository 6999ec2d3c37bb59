from collections.abc import Sequence

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.event.model import Event
from app.event.schema import CreateEventParam


class EventService:
    @staticmethod
    def get_list(session: Session) -> Sequence[Event]:
        return session.scalars(select(Event).order_by(Event.id)).all()

    @staticmethod
    def get(session: Session, pk: int) -> Event:
        event = session.get(Event, pk)
        if event is None:
            raise HTTPException(404, 'Event not found')
        return event

    @staticmethod
    def create(session: Session, obj: CreateEventParam) -> Event:
        event = Event(**obj.model_dump())
        session.add(event)
        session.flush()
        return event


event_service = EventService()
