from app.models.book import Book
from app.models.shelf import Shelf

__all__ = ["Book", "Shelf"]
