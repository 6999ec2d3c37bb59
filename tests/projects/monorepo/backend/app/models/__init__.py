from .jar import Jar
from .room import Room

__all__ = ["Jar", "Room"]
