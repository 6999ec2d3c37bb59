from sqlmodel import Session

from app.models import User
from tests.utils.utils import random_lower_string


def create_random_user(db: Session) -> User:
    user = User(email=f"{random_lower_string()}@example.com")
    db.add(user)
    db.commit()
    db.refresh(user)
    return user
