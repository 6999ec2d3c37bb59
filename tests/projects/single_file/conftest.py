import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from main import Base, Folder, app, engine


@pytest.fixture
def session():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    Base.metadata.drop_all(engine)


@pytest.fixture
def folder(session) -> Folder:
    folder = Folder(name="Home")
    session.add(folder)
    session.commit()
    return folder


@pytest.fixture
def client(session) -> TestClient:
    return TestClient(app)
