import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import Base, engine
from app.main import app
from app.venue.model import Venue


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def venue(session) -> Venue:
    venue = Venue(name='Hall')
    session.add(venue)
    session.commit()
    return venue


@pytest.fixture
def client(session) -> TestClient:
    return TestClient(app)
