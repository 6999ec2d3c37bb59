from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import RecordModel


class Customer(RecordModel):
    __tablename__ = 'customers'

    name: Mapped[str] = mapped_column(String(80))
