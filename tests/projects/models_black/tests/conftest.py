import pytest
from fastapi.testclient import TestClient

from app.database import Base, SessionLocal, engine
from app.main import app
from app.models import Team


@pytest.fixture
def db():
    Base.metadata.create_all(engine)
    with SessionLocal() as db:
        yield db
    Base.metadata.drop_all(engine)


@pytest.fixture
def team(db):
    team = Team(name='Red')
    db.add(team)
    db.commit()
    return team


@pytest.fixture
def client(db):
    return TestClient(app)
