from httpx2 import AsyncClient

POST = {"title": "Hello", "text": "World"}


async def test_write_post(client: AsyncClient) -> None:
    response = await client.post("/api/v1/post", json=POST)
    assert response.status_code == 201
    assert response.json()["title"] == "Hello"
    assert response.json()["text"] == "World"
    assert response.json()["media_url"] is None


async def test_read_posts(client: AsyncClient) -> None:
    await client.post("/api/v1/post", json=POST)
    response = await client.get("/api/v1/posts")
    assert response.json()["total_count"] == 1


async def test_patch_post(client: AsyncClient) -> None:
    post = (await client.post("/api/v1/post", json=POST)).json()
    response = await client.patch(f"/api/v1/post/{post['id']}", json={"title": "Hello again"})
    assert response.json() == {"message": "Post updated"}
    response = await client.get(f"/api/v1/post/{post['id']}")
    assert response.json()["title"] == "Hello again"


async def test_erase_post(client: AsyncClient) -> None:
    post = (await client.post("/api/v1/post", json=POST)).json()
    await client.delete(f"/api/v1/post/{post['id']}")
    response = await client.get(f"/api/v1/post/{post['id']}")
    assert response.status_code == 404
