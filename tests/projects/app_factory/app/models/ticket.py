from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import RecordModel
from app.models.customer import Customer


class Ticket(RecordModel):
    __tablename__ = 'tickets'

    subject: Mapped[str] = mapped_column(String(120))
    priority: Mapped[int] = mapped_column(default=1)
    customer_id: Mapped[int] = mapped_column(ForeignKey('customers.id', ondelete='cascade'))

    customer: Mapped[Customer] = relationship(lazy='raise')
