import pytest
from httpx2 import AsyncClient


@pytest.fixture
async def author_id(client: AsyncClient) -> int:
    response = await client.post("/api/v1/authors", json={"name": "Ann"})
    return response.json()["id"]


async def create_book(client: AsyncClient, author_id: int) -> dict[str, object]:
    response = await client.post("/api/v1/books", json={"title": "Dune", "summary": "Sand", "author_id": author_id})
    assert response.status_code == 201
    return response.json()


async def test_create_book(client: AsyncClient, author_id: int) -> None:
    book = await create_book(client, author_id)
    assert book["title"] == "Dune"
    assert book["summary"] == "Sand"
    assert book["author_id"] == author_id


async def test_create_book_of_unknown_author(client: AsyncClient) -> None:
    response = await client.post("/api/v1/books", json={"title": "Dune", "author_id": 99})
    assert response.status_code == 404


async def test_create_book_twice(client: AsyncClient, author_id: int) -> None:
    await create_book(client, author_id)
    response = await client.post("/api/v1/books", json={"title": "Dune", "author_id": author_id})
    assert response.status_code == 409


async def test_list_books(client: AsyncClient, author_id: int) -> None:
    await create_book(client, author_id)
    response = await client.get("/api/v1/books", params={"limit": 10})
    assert response.json()["total"] == 1


async def test_update_book(client: AsyncClient, author_id: int) -> None:
    book = await create_book(client, author_id)
    response = await client.patch(f"/api/v1/books/{book['id']}", json={"title": "Dune Messiah"})
    assert response.json()["title"] == "Dune Messiah"


async def test_delete_book(client: AsyncClient, author_id: int) -> None:
    book = await create_book(client, author_id)
    response = await client.delete(f"/api/v1/books/{book['id']}")
    assert response.status_code == 204
    response = await client.get(f"/api/v1/books/{book['id']}")
    assert response.status_code == 404
