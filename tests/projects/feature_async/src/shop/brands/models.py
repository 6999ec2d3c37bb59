from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base


class Brand(Base):
    __tablename__ = "brand"

    name: Mapped[str] = mapped_column(String(80))
