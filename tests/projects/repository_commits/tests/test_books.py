def test_create_book(client, shelf):
    body = {"fullTitle": "Emma", "pages": 300, "shelfId": shelf.id}
    response = client.post("/api/books", json=body)
    assert response.status_code == 201
    book = response.json()
    assert book["fullTitle"] == "Emma"
    assert client.get(f"/api/books/{book['id']}").json() == book
    assert client.get("/api/books").json() == {"data": [book], "count": 1}


def test_missing_book(client):
    assert client.get("/api/books/7").status_code == 404
