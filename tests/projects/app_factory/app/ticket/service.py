from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Customer, Ticket
from app.ticket.repository import TicketRepository
from app.ticket.schemas import TicketCreate, TicketUpdate


class UnknownCustomer(Exception):
    pass


class TicketService:
    async def get(self, session: AsyncSession, id: int) -> Ticket | None:
        return await TicketRepository(session).get(id)

    async def list(self, session: AsyncSession, page: int, size: int) -> Sequence[Ticket]:
        return await TicketRepository(session).paginate(page, size)

    async def create(self, session: AsyncSession, ticket_create: TicketCreate) -> Ticket:
        if await session.get(Customer, ticket_create.customer_id) is None:
            raise UnknownCustomer
        return await TicketRepository(session).add(Ticket(**ticket_create.model_dump()))

    async def update(self, session: AsyncSession, ticket: Ticket, ticket_update: TicketUpdate) -> Ticket:
        for attr, value in ticket_update.model_dump(exclude_unset=True).items():
            setattr(ticket, attr, value)
        return await TicketRepository(session).add(ticket)


ticket = TicketService()
