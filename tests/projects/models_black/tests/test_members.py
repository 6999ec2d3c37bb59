def test_create_member(client, team):
    response = client.post('/members/', json={'nickname': 'Ann', 'level': 3, 'team_id': team.id})
    assert response.status_code == 201
    member = response.json()
    assert member['nickname'] == 'Ann'
    assert member['level'] == 3
    assert client.get(f'/members/{member["id"]}').json() == member


def test_missing_member(client):
    assert client.get('/members/7').status_code == 404
