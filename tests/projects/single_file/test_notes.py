def test_create_note(client, folder):
    response = client.post("/notes", json={"title": "Milk", "pages": 1, "folder_id": folder.id})
    assert response.status_code == 201
    note = response.json()
    assert note["title"] == "Milk"
    assert client.get(f"/notes/{note['id']}").json() == note
    assert client.get("/notes").json() == [note]


def test_delete_note(client, folder):
    note = client.post("/notes", json={"title": "Milk", "pages": 1, "folder_id": folder.id}).json()
    assert client.delete(f"/notes/{note['id']}").status_code == 204
    assert client.get(f"/notes/{note['id']}").status_code == 404
