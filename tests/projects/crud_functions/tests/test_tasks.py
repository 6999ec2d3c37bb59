import uuid


def create_project(client):
    response = client.post("/projects/", json={"name": f"Home {uuid.uuid4()}"})
    return response.json()["id"]


def test_create_task(client):
    project_id = create_project(client)
    response = client.post(
        "/tasks/", json={"title": "Sweep", "done": False, "project_id": project_id}
    )
    assert response.status_code == 201
    data = response.json()
    assert data["title"] == "Sweep"
    assert data["done"] is False
    assert data["project_id"] == project_id


def test_read_tasks(client):
    project_id = create_project(client)
    client.post("/tasks/", json={"title": "Sweep", "project_id": project_id})
    response = client.get("/tasks/")
    assert response.status_code == 200
    assert len(response.json()) >= 1


def test_update_task(client):
    project_id = create_project(client)
    task = client.post(
        "/tasks/", json={"title": "Sweep", "project_id": project_id}
    ).json()
    response = client.put(f"/tasks/{task['id']}", json={"title": "Sweep the floor"})
    assert response.status_code == 200
    assert response.json()["title"] == "Sweep the floor"


def test_delete_task(client):
    project_id = create_project(client)
    task = client.post(
        "/tasks/", json={"title": "Sweep", "project_id": project_id}
    ).json()
    assert client.delete(f"/tasks/{task['id']}").status_code == 204
    assert client.get(f"/tasks/{task['id']}").status_code == 404
