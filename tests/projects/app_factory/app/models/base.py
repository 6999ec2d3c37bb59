from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Model(DeclarativeBase):
    pass


class RecordModel(Model):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
