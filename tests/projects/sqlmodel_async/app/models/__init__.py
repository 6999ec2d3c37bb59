from app.models.car import Car
from app.models.driver import Driver

__all__ = ["Car", "Driver"]
