from httpx2 import AsyncClient


async def test_create_author(client: AsyncClient) -> None:
    response = await client.post("/api/v1/authors", json={"name": "Ann"})
    assert response.status_code == 201
    assert response.json()["id"] == 1
