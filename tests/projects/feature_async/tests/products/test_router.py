import uuid

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def product(client, brand):
    payload = {"title": "Lamp", "price": "10.00", "brand_id": brand["id"]}
    response = await client.post("/api/products/", json=payload)
    return response.json()


async def test_create(client, brand):
    payload = {"title": "Lamp", "price": "10.00", "brand_id": brand["id"]}
    response = await client.post("/api/products/", json=payload)
    assert response.status_code == 201
    assert response.json() == {"id": response.json()["id"], **payload}


async def test_get(client, product):
    response = await client.get(f"/api/products/{product['id']}")
    assert response.json()["title"] == "Lamp"
    assert response.json()["price"] == "10.00"


async def test_get_unknown(client):
    response = await client.get(f"/api/products/{uuid.uuid4()}")
    assert response.status_code == 404
    assert response.json()["detail"] == "Product not found"


async def test_filter(client, product):
    response = await client.get("/api/products/", params={"title": "Nothing"})
    assert response.json() == []


async def test_update(client, product):
    response = await client.patch(f"/api/products/{product['id']}", json={"title": "Tall lamp"})
    assert response.json()["title"] == "Tall lamp"


async def test_delete(client, product):
    response = await client.delete(f"/api/products/{product['id']}")
    assert response.status_code == 204
