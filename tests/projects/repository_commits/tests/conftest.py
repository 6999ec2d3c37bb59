import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.db import Base, engine
from app.main import app
from app.models import Shelf


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def shelf(session) -> Shelf:
    shelf = Shelf(name="Top")
    session.add(shelf)
    session.commit()
    return shelf


@pytest.fixture
def client(session) -> TestClient:
    return TestClient(app)
