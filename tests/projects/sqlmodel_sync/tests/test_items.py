import uuid

from fastapi.testclient import TestClient
from sqlmodel import Session

from tests.utils.item import create_random_item


def test_create_item(client: TestClient, user_headers: dict[str, str]) -> None:
    data = {"title": "Foo", "description": "Fighters"}
    response = client.post("/api/v1/items/", headers=user_headers, json=data)
    assert response.status_code == 200
    content = response.json()
    assert content["title"] == data["title"]
    assert content["description"] == data["description"]
    assert "id" in content
    assert "owner_id" in content

    read = client.get(f"/api/v1/items/{content['id']}", headers=user_headers)
    assert read.json() == content


def test_read_item_not_found(client: TestClient, user_headers: dict[str, str]) -> None:
    response = client.get(f"/api/v1/items/{uuid.uuid4()}", headers=user_headers)
    assert response.status_code == 404
    assert response.json()["detail"] == "Item not found"


def test_read_item_not_enough_permissions(
    client: TestClient, user_headers: dict[str, str], db: Session
) -> None:
    item = create_random_item(db)
    response = client.get(f"/api/v1/items/{item.id}", headers=user_headers)
    assert response.status_code == 403


def test_update_item(client: TestClient, user_headers: dict[str, str]) -> None:
    data = {"title": "Foo", "description": "Fighters"}
    item = client.post("/api/v1/items/", headers=user_headers, json=data).json()
    data = {"title": "Updated title", "description": "Updated description"}
    response = client.put(
        f"/api/v1/items/{item['id']}", headers=user_headers, json=data
    )
    assert response.status_code == 200
    content = response.json()
    assert content["title"] == data["title"]
    assert content["description"] == data["description"]
    assert content["id"] == item["id"]


def test_delete_item(client: TestClient, user_headers: dict[str, str]) -> None:
    data = {"title": "Foo", "description": "Fighters"}
    item = client.post("/api/v1/items/", headers=user_headers, json=data).json()
    response = client.delete(f"/api/v1/items/{item['id']}", headers=user_headers)
    assert response.json()["message"] == "Item deleted successfully"


def test_read_items(client: TestClient, user_headers: dict[str, str]) -> None:
    response = client.get("/api/v1/items/", headers=user_headers)
    content = response.json()
    assert content["count"] == len(content["data"])
