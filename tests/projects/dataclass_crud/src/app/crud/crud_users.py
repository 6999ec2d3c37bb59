from ..models.user import User
from ..schemas.user import UserCreate
from .base import CRUDBase

CRUDUser = CRUDBase[User, UserCreate, UserCreate]
crud_users = CRUDUser(User)
