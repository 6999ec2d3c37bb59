def test_create_project(client):
    response = client.post("/projects/", json={"name": "Garden"})
    assert response.status_code == 201
