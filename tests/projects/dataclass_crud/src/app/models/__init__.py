from .post import Post  # noqa: F401
from .user import User  # noqa: F401
