from app.schemas.base import ApiModel


class BookCreate(ApiModel):
    full_title: str
    pages: int
    shelf_id: int


class BookResponse(ApiModel):
    id: int
    full_title: str
    pages: int
    shelf_id: int


class BooksResponse(ApiModel):
    data: list[BookResponse]
    count: int
