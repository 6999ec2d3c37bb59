def test_create_jar(client, room):
    body = {"label": "Plums", "grams": 500, "room_id": room.id}
    response = client.post("/api/jars/", json=body)
    assert response.status_code == 201
    jar = response.json()
    assert jar["label"] == "Plums"
    assert client.get(f"/api/jars/{jar['id']}").json() == jar
    assert client.get("/api/jars/").json() == [jar]
