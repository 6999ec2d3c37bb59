from fastapi import APIRouter, Depends, HTTPException, Query
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Ticket
from app.postgres import get_db_session
from app.ticket.schemas import Ticket as TicketSchema
from app.ticket.schemas import TicketCreate, TicketUpdate
from app.ticket.service import UnknownCustomer
from app.ticket.service import ticket as ticket_service

router = APIRouter(prefix='/tickets', tags=['tickets'])


async def get_ticket(id: int, session: AsyncSession = Depends(get_db_session, scope='function')) -> Ticket:
    ticket = await ticket_service.get(session, id)
    if ticket is None:
        raise HTTPException(404, 'Ticket not found')
    return ticket


@router.get('/', response_model=list[TicketSchema])
async def list_tickets(
    page: int = Query(1, ge=1),
    size: int = Query(10, le=100),
    session: AsyncSession = Depends(get_db_session, scope='function'),
):
    return await ticket_service.list(session, page, size)


@router.get('/{id}', response_model=TicketSchema)
async def get(ticket: Ticket = Depends(get_ticket)):
    return ticket


@router.post('/', response_model=TicketSchema, status_code=201)
async def create(ticket_create: TicketCreate, session: AsyncSession = Depends(get_db_session, scope='function')):
    try:
        return await ticket_service.create(session, ticket_create)
    except UnknownCustomer as error:
        raise HTTPException(400, 'Unknown customer') from error


@router.patch('/{id}', response_model=TicketSchema)
async def update(
    ticket_update: TicketUpdate,
    ticket: Ticket = Depends(get_ticket),
    session: AsyncSession = Depends(get_db_session, scope='function'),
):
    return await ticket_service.update(session, ticket, ticket_update)
