from .base import Model
from .customer import Customer
from .ticket import Ticket

__all__ = ['Customer', 'Model', 'Ticket']
