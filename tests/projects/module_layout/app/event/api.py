from fastapi import APIRouter

from app.db import CurrentSession
from app.event.schema import CreateEventParam, GetEventDetail
from app.event.service import event_service

router = APIRouter()


@router.get('')
def get_events(session: CurrentSession) -> list[GetEventDetail]:
    return [GetEventDetail.model_validate(event) for event in event_service.get_list(session)]


@router.get('/{pk}')
def get_event(session: CurrentSession, pk: int) -> GetEventDetail:
    return GetEventDetail.model_validate(event_service.get(session, pk))


@router.post('', status_code=201)
def create_event(session: CurrentSession, obj: CreateEventParam) -> GetEventDetail:
    return GetEventDetail.model_validate(event_service.create(session, obj))
