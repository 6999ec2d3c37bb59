from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Ticket


class TicketRepository:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def get(self, id: int) -> Ticket | None:
        return await self.session.get(Ticket, id)

    async def paginate(self, page: int, size: int) -> Sequence[Ticket]:
        statement = select(Ticket).order_by(Ticket.priority.desc()).offset((page - 1) * size).limit(size)
        return (await self.session.scalars(statement)).all()

    async def add(self, ticket: Ticket) -> Ticket:
        self.session.add(ticket)
        await self.session.flush()
        return ticket
