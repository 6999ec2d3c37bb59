from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

engine = create_engine(
    "sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool
)


def init_db() -> None:
    SQLModel.metadata.create_all(engine)


def open_session() -> Session:
    return Session(engine)
