async def test_create_car(client, driver):
    response = await client.post(
        "/api/cars", json={"plate": "AB 1", "seats": 4, "driver_id": str(driver.id)}
    )
    assert response.status_code == 201
    car = response.json()
    assert car["plate"] == "AB 1"
    assert (await client.get(f"/api/cars/{car['id']}")).json() == car
    assert (await client.get("/api/cars")).json() == [car]
