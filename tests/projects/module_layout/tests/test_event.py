def test_create_event(client, venue):
    response = client.post('/events', json={'topic': 'Tea', 'seats': 4, 'venue_id': venue.id})
    assert response.status_code == 201
    event = response.json()
    assert event['topic'] == 'Tea'
    assert client.get(f'/events/{event["id"]}').json() == event
    assert client.get('/events').json() == [event]
