import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.database import Base, engine
from app.main import app
from app.models import Room


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def room(session) -> Room:
    room = Room(name="Cellar")
    session.add(room)
    session.commit()
    return room


@pytest.fixture
def client(session) -> TestClient:
    return TestClient(app)
