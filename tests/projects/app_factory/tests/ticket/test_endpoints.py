import pytest_asyncio

from app.models import Customer, Ticket


@pytest_asyncio.fixture
async def ticket(session, customer: Customer) -> Ticket:
    ticket = Ticket(subject='Printer', priority=2, customer_id=customer.id)
    session.add(ticket)
    await session.commit()
    return ticket


class TestCreateTicket:
    async def test_unknown_customer(self, client, session):
        response = await client.post('/tickets/', json={'subject': 'Printer', 'priority': 2, 'customer_id': 999})
        assert response.status_code == 400

    async def test_valid(self, client, customer: Customer):
        json = {'subject': 'Printer', 'priority': 2, 'customer_id': customer.id}
        response = await client.post('/tickets/', json=json)
        assert response.status_code == 201
        assert response.json()['subject'] == 'Printer'
        assert response.json()['priority'] == 2
        assert response.json()['customer_id'] == customer.id


class TestUpdateTicket:
    async def test_valid(self, client, ticket: Ticket):
        response = await client.patch(f'/tickets/{ticket.id}', json={'subject': 'Scanner'})
        assert response.status_code == 200
        assert response.json()['subject'] == 'Scanner'

    async def test_not_existing(self, client, session):
        response = await client.patch('/tickets/999', json={'subject': 'Scanner'})
        assert response.status_code == 404


async def test_list(client, ticket: Ticket):
    response = await client.get('/tickets/', params={'page': 1, 'size': 100})
    assert ticket.id in [each['id'] for each in response.json()]
